import { admin, type Admin, type DestinationStats, type Fields, type ShownDeadLetter } from './admin.js';
import { flokitItem, flokitSender, type FlokitSender } from './flokit-sender.js';
import type { Gateway } from './gateway.js';
import { eventsAt, idsAt } from './sink-events.js';
import { startSink, type Sink } from './sink.js';
import { until } from './until.js';

/** One sender, one destination that gets its events and nobody else's, and the sink behind it. */
export interface Line {
  readonly sourceId: string;
  readonly apiKey: string;
  readonly destinationId: string;
  readonly signingSecret: string;
  readonly sender: FlokitSender;
  readonly sink: Sink;
  readonly admin: Admin;
  stats(): Promise<DestinationStats>;
  deadLetters(): Promise<readonly ShownDeadLetter[]>;
  change(fields: Fields): Promise<void>;
  /** Ids under which events of this name have arrived, in order. */
  arrived(event: string): readonly string[];
  /** Resolves when nothing that was accepted before this call is on its way any more. For sinks that take all. */
  settled(): Promise<void>;
}

let lines = 0;

/**
 * The destination is a webhook that gathers for 20 ms and tries again soon, unless the fields say otherwise.
 * The source's key is generated.
 */
export async function openLine(gateway: Gateway, destination: Fields = {}, source: Fields = {}): Promise<Line> {
  lines += 1;
  const api = admin(gateway);
  const sink = await startSink();
  const { id: sourceId, credentials } = await api.createSource({ name: `Source ${lines}`, ...source });
  const { id: destinationId, credentials: secrets } = await api.createDestination({
    name: `Sink ${lines}`,
    config: { url: `${sink.url}/events` },
    match: { sources: [sourceId] },
    retry: { minDelayMs: 20, maxDelayMs: 200 },
    ...destination,
  });
  const { apiKey = '' } = credentials;
  const sender = flokitSender(gateway.port, apiKey);
  const stats = (): Promise<DestinationStats> => api.stats(destinationId);
  return {
    sourceId,
    apiKey,
    destinationId,
    signingSecret: secrets.signingSecret ?? '',
    sender,
    sink,
    admin: api,
    stats,
    deadLetters: () => api.deadLetters(destinationId),
    change: async (fields) => {
      const { status, body } = await api.ask('PATCH', `/destinations/${destinationId}`, fields);
      if (status !== 200) throw new Error(`The change answered ${status}: ${JSON.stringify(body)}`);
    },
    arrived: (event) =>
      eventsAt(sink)
        .filter((received) => received.event === event)
        .map(({ id }) => id),
    settled: async () => {
      // A source's events are routed in order: behind a marker nothing older can be unseen.
      const [marker = ''] = await sender.accepted([flokitItem('marker')]);
      await until(() => idsAt(sink).includes(marker), { what: 'the marker to arrive' });
      await until(async () => (await stats()).waiting === 0, { what: 'nothing to wait' });
    },
  };
}
