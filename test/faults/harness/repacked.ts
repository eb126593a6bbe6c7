import { Redis } from 'ioredis';
import { unpacked, type TestRedis } from '../../support/index.js';

/** As a segment's header is stored; what it means stands in segment-format.ts. */
interface StoredHeader {
  readonly requests: readonly (readonly unknown[])[];
  readonly canonical?: readonly number[];
}

/** More is never left of a repacked segment; an erasure takes out one user's events, which is never so much. */
const MOST_LEFT = 0.25;
const AT_ONCE = 200;

/** The keys of those segments in the store that are repacked ones. */
export async function repackedSegments({ port }: TestRedis): Promise<readonly string[]> {
  const client = new Redis(port, '127.0.0.1');
  try {
    const keys = await client.keys('gw:{s*}:seg:*');
    const repacked: string[] = [];
    for (let from = 0; from < keys.length; from += AT_ONCE) {
      const some = keys.slice(from, from + AT_ONCE);
      const found = await Promise.all(some.map((key) => client.hmgetBuffer(key, 'h', 'b')));
      repacked.push(
        ...some.filter((_, i) => {
          const [header, bodies] = found[i] ?? [];
          return header && bodies && isRepacked(header, bodies);
        }),
      );
    }
    return repacked;
  } finally {
    client.disconnect();
  }
}

function isRepacked(header: Buffer, bodies: Buffer): boolean {
  const { requests, canonical = [] } = JSON.parse(header.toString()) as StoredHeader;
  if (canonical.length < requests.length) return false;
  // One list of events after the other.
  const text = unpacked(bodies).replace(/^[^[]/, '').replaceAll('][', ',');
  const events = JSON.parse(text) as readonly unknown[];
  const left = events.filter((event) => event !== null).length;
  return left > 0 && left <= events.length * MOST_LEFT;
}
