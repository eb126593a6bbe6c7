import { onEnd, type Fields, type Happening } from '../../support/index.js';
import { startFlokit } from '../../support/stand-ins/flokit.js';
import { startKixo } from '../../support/stand-ins/kixo.js';
import { startKlaviyo } from '../../support/stand-ins/klaviyo.js';
import type { Prescription, StandIn } from '../../support/stand-ins/stand-in.js';
import { startVibefollow } from '../../support/stand-ins/vibefollow.js';
import type { ReceiverName, Reply } from './plan.js';
import { TcpProxy } from './tcp-proxy.js';

/** An event that a destination kept. */
export interface Arrival {
  readonly mark: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A request as it came, whatever was answered: what is repeated must be the same. */
export interface KeyedRequest {
  readonly key: string;
  readonly body: string;
}

export interface Receiver {
  readonly name: ReceiverName;
  /** Of the destination. */
  readonly type: string;
  /** Behind this cable. */
  readonly cable: TcpProxy;
  readonly config: Readonly<Record<string, string>>;
  readonly credentials: Readonly<Record<string, string>>;
  /** What else its destination says. */
  readonly settings: Fields;
  readonly isOrdered: boolean;
  /** An event goes out in one request only, which is repeated as it is: nothing is refused for good and tried apart. */
  readonly keepsRequests: boolean;
  wants(happening: Happening): boolean;
  prescribe(replies: readonly Reply[]): void;
  arrivals(): readonly Arrival[];
  /** Of destinations that are told a request's key. */
  requests(): readonly KeyedRequest[];
  /** What has come so far is of no interest any more; what a vendor knows of its customers stays. */
  forget(): void;
}

export const SLOW_MS = 400;
export const RETRY_AFTER = { 'retry-after': '1' };

/** The mark of an event, wherever a vendor's wire carries it. */
export function marksIn(text: string): readonly string[] {
  return [...text.matchAll(/"mark":"([a-z]+-\d+)"/g)].map(([, mark = '']) => mark);
}

/** The four vendors, in a hurry: their minutes last a second. */
export async function vendorReceivers(): Promise<readonly Receiver[]> {
  const timeScale = 60;
  const kixo = { projectId: 'kx_out', apiKey: 'kx_key_out' };
  return Promise.all([
    vendorReceiver('flokit', startFlokit({ apiKey: 'fk_out', timeScale }), { apiKey: 'fk_out' }),
    vendorReceiver('vibefollow', startVibefollow({ apiKey: 'sk_out' }), { apiKey: 'sk_out' }),
    vendorReceiver('kixo', startKixo({ ...kixo, timeScale }), kixo, { bundleId: 'org.sample.out', platform: 'web' }),
    vendorReceiver('klaviyo', startKlaviyo({ privateKey: 'pk_out', timeScale }), { privateKey: 'pk_out' }),
  ]);
}

async function vendorReceiver(
  name: ReceiverName,
  starting: Promise<StandIn>,
  credentials: Readonly<Record<string, string>>,
  config: Readonly<Record<string, string>> = {},
): Promise<Receiver> {
  const standIn = await starting;
  onEnd(() => standIn.close());
  const cable = await TcpProxy.start(Number(new URL(standIn.url).port));
  return {
    name,
    type: name,
    cable,
    settings: {},
    isOrdered: false,
    keepsRequests: false,
    wants: () => true,
    config: { baseUrl: `http://127.0.0.1:${cable.port}`, ...config },
    credentials,
    prescribe: (replies) => standIn.prescribe(...replies.map(prescription)),
    arrivals: () => takenAt(standIn),
    requests: () =>
      standIn.requests.flatMap(({ headers, text }) => {
        const key = headers['idempotency-key'];
        return typeof key === 'string' ? [{ key, body: text }] : [];
      }),
    forget: () => {
      standIn.requests.length = 0;
      standIn.taken.length = 0;
    },
  };
}

/** In the order of the requests, each of which says how many it brought. */
function takenAt({ requests, taken }: StandIn): readonly Arrival[] {
  let next = 0;
  return requests.flatMap(({ at, takenCount }) => {
    const first = next;
    next += takenCount;
    return taken.slice(first, next).map(({ wire }) => ({ mark: marksIn(JSON.stringify(wire))[0] ?? 'none', at }));
  });
}

function prescription(reply: Reply): Prescription {
  switch (reply) {
    case 'error':
      return { kind: 'answer', reply: { status: 500 } };
    case 'error_after_taking':
      return { kind: 'answer_after_taking', reply: { status: 500 } };
    case 'limit':
      return { kind: 'answer', reply: { status: 429, headers: RETRY_AFTER } };
    case 'hang':
      return { kind: 'hang' };
    case 'reset':
      return { kind: 'reset' };
    case 'lost_answer':
      return { kind: 'lose_answer' };
    case 'slow':
      return { kind: 'delay', delayMs: SLOW_MS };
  }
}
