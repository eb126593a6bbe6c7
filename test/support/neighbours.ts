import { flokitItem, type FlokitBatchAnswer } from './flokit-sender.js';
import { startGateway, type Gateway } from './gateway.js';
import { openLine, type Line } from './line.js';
import { until } from './until.js';

/** How long the neighbour's request may take, whatever the stranger does. */
const PATIENCE_MS = 3_000;

/** A gateway with two callers: a stranger who sends what it should not, and a neighbour who must not notice. */
export interface Neighbours {
  readonly gateway: Gateway;
  readonly stranger: Line;
  /** Does the stranger's work while the neighbour sends an event, which must be accepted as ever. */
  besides<T>(hostile: () => Promise<T>): Promise<T>;
  /** The gateway is ready, has logged no error, and has delivered all the neighbour sent. */
  assertUnharmed(): Promise<void>;
}

export async function startNeighbours(): Promise<Neighbours> {
  const gateway = await startGateway();
  const stranger = await openLine(gateway);
  const neighbour = await openLine(gateway);
  const sent: string[] = [];

  async function sendAsNeighbour(): Promise<void> {
    const { status, tookMs, text } = await neighbour.sender.batch([flokitItem('neighbour')]);
    if (status !== 200) throw new Error(`The neighbour was answered ${status}: ${text}`);
    if (tookMs > PATIENCE_MS) throw new Error(`The neighbour waited ${tookMs} ms`);
    sent.push(...(JSON.parse(text) as FlokitBatchAnswer).event_ids);
  }

  return {
    gateway,
    stranger,
    besides: async (hostile) => {
      const [result] = await Promise.all([hostile(), sendAsNeighbour()]);
      return result;
    },
    assertUnharmed: async () => {
      const ready = await fetch(`${gateway.baseUrl}/health/ready`);
      if (!ready.ok) throw new Error(`Not ready: ${await ready.text()}`);
      if (/"level":"(error|fatal)"/.test(gateway.output())) throw new Error(`Errors were logged:\n${gateway.output()}`);
      await until(
        () => {
          const arrived = new Set(neighbour.arrived('neighbour'));
          return sent.length > 0 && sent.every((id) => arrived.has(id));
        },
        { what: 'all events of the neighbour to arrive' },
      );
    },
  };
}
