import { httpClient, type Ask, type HttpAnswer } from './http-client.js';

export interface FlokitItem {
  readonly event: string;
  readonly user_id?: string;
  readonly anonymous_id?: string;
  readonly timestamp: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** As `POST /v1/batch/events` answers with 200. */
export interface FlokitBatchAnswer {
  readonly status: 'ok';
  readonly accepted: number;
  readonly rejected: number;
  readonly event_ids: readonly string[];
  readonly errors: readonly { readonly index: number; readonly event: string | null; readonly reason: string }[];
}

export interface FlokitSender {
  readonly ask: Ask;
  /** With the sender's key; any status is an answer. */
  post(path: string, body: string | Buffer | object, headers?: Readonly<Record<string, string>>): Promise<HttpAnswer>;
  batch(items: readonly FlokitItem[], headers?: Readonly<Record<string, string>>): Promise<HttpAnswer>;
  /** Must be taken whole; gives the ids. */
  accepted(items: readonly FlokitItem[], headers?: Readonly<Record<string, string>>): Promise<readonly string[]>;
}

/** Some backend that speaks FloKit to a gateway. */
export function flokitSender(
  port: number,
  apiKey: string,
  settings?: { readonly maxConnections: number },
): FlokitSender {
  const ask = httpClient(port, settings);
  const post: FlokitSender['post'] = (path, body, headers = {}) =>
    ask({
      path,
      headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
  const batch: FlokitSender['batch'] = (events, headers) => post('/v1/batch/events', { events }, headers);
  const accepted: FlokitSender['accepted'] = async (items, headers) => {
    const answer = await batch(items, headers);
    if (answer.status !== 200) throw new Error(`FloKit batch answered ${answer.status}: ${answer.text}`);
    const { event_ids: ids } = JSON.parse(answer.text) as FlokitBatchAnswer;
    if (ids.length !== items.length) throw new Error(`${ids.length} of ${items.length} accepted: ${answer.text}`);
    return ids;
  };
  return { ask, post, batch, accepted };
}

export function flokitItem(event: string, more: Partial<FlokitItem> = {}): FlokitItem {
  return { event, user_id: 'u-1', timestamp: '2026-05-01T10:00:05.000Z', ...more };
}

/** `count` items that differ by `properties.n`. */
export function flokitItems(event: string, count: number): readonly FlokitItem[] {
  return Array.from({ length: count }, (_, n) => flokitItem(event, { properties: { n } }));
}
