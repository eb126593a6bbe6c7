import { invalid, type Configuration } from '#control-plane';
import type { RedisConnections } from '#platform';
import { readBatchRecord } from '../delivery/batch-record.js';
import { destinationKeys } from '../keys.js';
import { deliveryView, type BatchState, type DeliveryView } from './delivery-view.js';

export interface DeliveryQuery {
  readonly destinationId?: string;
  readonly state?: BatchState;
  /** Of an attempt or a dead letter. */
  readonly code?: string;
  /** Finished (or, where open, gathered) at or after this time (ms). */
  readonly since?: number;
  /** Before this time (ms). */
  readonly until?: number;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface DeliveryPage {
  readonly items: readonly DeliveryView[];
  readonly next: string | null;
}

/** Records looked at for one page: where few of them fit the filters, a page is short and names the next one. */
const MAX_LOOKED_AT = 1_000;
const READ_AT_ONCE = 100;

/** Where a batch stands in the list: open ones first, then the finished ones, the newest first. */
interface Place {
  readonly destinationId: string;
  readonly batchId: string;
  readonly open: boolean;
  /** When it was gathered (open) or finished (ms). */
  readonly at: number;
}

/** The batches of all destinations: those under way, and the finished ones that are still kept. */
export class DeliveryBrowser {
  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
  ) {}

  async list(query: DeliveryQuery): Promise<DeliveryPage> {
    const { destinationId, after, limit } = query;
    const ids = destinationId === undefined ? [...this.configuration.destinations.keys()] : [destinationId];
    const last = after === undefined ? undefined : readCursor(after);
    const places = (await Promise.all(ids.map((id) => this.places(id, query, last)))).flat().sort(inListOrder);
    const items: DeliveryView[] = [];
    let looked = 0;
    while (looked < Math.min(places.length, MAX_LOOKED_AT)) {
      const some = places.slice(looked, looked + Math.min(READ_AT_ONCE, MAX_LOOKED_AT - looked));
      const views = await Promise.all(some.map((place) => this.view(place)));
      for (const [i, view] of views.entries()) {
        if (view && fits(view, query)) items.push(view);
        if (items.length === limit) return { items, next: cursorAfter(places, looked + i) };
      }
      looked += some.length;
    }
    return { items, next: cursorAfter(places, looked - 1) };
  }

  private async places(
    destinationId: string,
    query: DeliveryQuery,
    last: Place | undefined,
  ): Promise<readonly Place[]> {
    const wantsOpen = query.state === undefined || OPEN_STATES.has(query.state);
    const wantsFinished = query.state === undefined || !OPEN_STATES.has(query.state);
    const lists = await Promise.all([
      wantsOpen && (last === undefined || last.open) ? this.ranged(destinationId, true, query, last) : [],
      wantsFinished ? this.ranged(destinationId, false, query, last?.open === false ? last : undefined) : [],
    ]);
    return lists.flat().filter((place) => last === undefined || inListOrder(last, place) < 0);
  }

  private async ranged(
    destinationId: string,
    open: boolean,
    { since, until }: DeliveryQuery,
    last: Place | undefined,
  ): Promise<readonly Place[]> {
    const key = open ? destinationKeys.batches(destinationId) : destinationKeys.finished(destinationId);
    const latest = Math.min(until === undefined ? Infinity : until - 1, last?.at ?? Infinity);
    const max = latest === Infinity ? '+inf' : String(latest);
    const min = since === undefined ? '-inf' : String(since);
    const flat = await this.redis.shared.zrevrangebyscore(key, max, min, 'WITHSCORES', 'LIMIT', 0, 2 * MAX_LOOKED_AT);
    return Array.from({ length: flat.length / 2 }, (_, i) => ({
      destinationId,
      batchId: flat[2 * i] ?? '',
      open,
      at: Number(flat[2 * i + 1]),
    }));
  }

  /** Undefined where it was forgotten meanwhile. */
  private async view({ destinationId, batchId, open, at }: Place): Promise<DeliveryView | undefined> {
    const text = await this.redis.shared.hget(destinationKeys.batch(destinationId, batchId), 'j');
    return text === null ? undefined : deliveryView(destinationId, readBatchRecord(text), open ? undefined : at);
  }
}

const OPEN_STATES: ReadonlySet<BatchState> = new Set(['waiting', 'retrying']);

function fits({ state, attempts, codes }: DeliveryView, query: DeliveryQuery): boolean {
  if (query.state !== undefined && query.state !== state) return false;
  const { code } = query;
  return code === undefined || codes.includes(code) || attempts.some((attempt) => attempt.code === code);
}

function inListOrder(a: Place, b: Place): number {
  if (a.open !== b.open) return a.open ? -1 : 1;
  return b.at - a.at || compare(b.batchId, a.batchId) || compare(b.destinationId, a.destinationId);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function cursorAfter(places: readonly Place[], index: number): string | null {
  const place = places[index];
  if (!place || index === places.length - 1) return null;
  const { open, at, batchId, destinationId } = place;
  return Buffer.from(`${open ? 'o' : 'f'}/${at}/${batchId}/${destinationId}`).toString('base64url');
}

function readCursor(text: string): Place {
  const plain = Buffer.from(text, 'base64url').toString();
  const [, kind, at, batchId = '', destinationId = ''] =
    /^([of])\/(\d{1,16})\/(\w{1,64})\/([\w-]{1,64})$/.exec(plain) ?? [];
  if (kind !== undefined) return { open: kind === 'o', at: Number(at), batchId, destinationId };
  throw invalid([{ pointer: '/cursor', message: 'must be the nextCursor of an earlier answer' }]);
}
