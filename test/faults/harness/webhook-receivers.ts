import { startSink, type Fields, type SinkReply, type SinkRequest } from '../../support/index.js';
import { POISON, RARE } from './clients.js';
import type { ReceiverName, Reply } from './plan.js';
import { marksIn, RETRY_AFTER, SLOW_MS, type Arrival, type KeyedRequest, type Receiver } from './receivers.js';
import { TcpProxy } from './tcp-proxy.js';

/** In what a webhook differs from one that wants everything and takes whatever it is not scripted to refuse. */
interface Traits {
  readonly settings?: Fields;
  readonly wants?: Receiver['wants'];
  /** For good: the events of such a request are tried apart, and the culprits become dead letters. */
  readonly refuses?: (body: string) => boolean;
}

/** One is enough, and as much as a destination that takes an event a user at a time gets done in a round. */
export const ORDERED_DIALECT = 'vibefollow';

export async function webhookReceivers(): Promise<readonly Receiver[]> {
  return Promise.all([
    webhookReceiver('webhook', {}),
    webhookReceiver('ordered', {
      settings: { ordering: 'per_user', match: { dialects: [ORDERED_DIALECT] } },
      wants: ({ mark }) => mark.startsWith(`${ORDERED_DIALECT}-`),
      refuses: (body) => body.includes(`"${POISON}"`),
    }),
    webhookReceiver('rare', {
      settings: { match: { events: [RARE] } },
      wants: ({ name, kind }) => name === RARE && kind !== 'profile',
    }),
  ]);
}

async function webhookReceiver(name: ReceiverName, traits: Traits): Promise<Receiver> {
  const { settings = {}, wants = () => true, refuses } = traits;
  const script: Reply[] = [];
  const kept: Arrival[] = [];
  const seen: KeyedRequest[] = [];
  const reply = (request: SinkRequest): SinkReply => {
    const { body, headers, at } = request;
    seen.push({ key: String(headers['webhook-id']), body });
    const next = script.shift();
    if (refuses?.(body) === true) return next === undefined || next === 'slow' ? { status: 400 } : sinkReply(next);
    if (keeps(next)) for (const mark of marksIn(body)) kept.push({ mark, at });
    return sinkReply(next);
  };
  const sink = await startSink({ reply });
  const cable = await TcpProxy.start(Number(new URL(sink.url).port));
  return {
    name,
    type: 'webhook',
    cable,
    config: { url: `http://127.0.0.1:${cable.port}/events` },
    credentials: {},
    settings,
    wants,
    isOrdered: settings.ordering === 'per_user',
    keepsRequests: refuses === undefined,
    prescribe: (replies) => void script.push(...replies),
    arrivals: () => kept,
    requests: () => seen,
    forget: () => {
      kept.length = 0;
      seen.length = 0;
    },
  };
}

function keeps(reply: Reply | undefined): boolean {
  return reply === undefined || reply === 'slow' || reply === 'lost_answer' || reply === 'error_after_taking';
}

function sinkReply(reply: Reply | undefined): SinkReply {
  switch (reply) {
    case undefined:
      return { status: 200 };
    case 'error':
    case 'error_after_taking':
      return { status: 500 };
    case 'limit':
      return { status: 429, headers: RETRY_AFTER };
    case 'hang':
      return 'hang';
    case 'reset':
    case 'lost_answer':
      return 'reset';
    case 'slow':
      return { status: 200, delayMs: SLOW_MS };
  }
}
