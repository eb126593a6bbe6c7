import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  admin,
  eventsAt,
  projectRoot,
  runCommands,
  startGateway,
  startRedis,
  startSink,
  until,
  type RedisCommand,
} from '../support/index.js';

/** What `npm run record:stored-data` wrote beside the commands. Marks name events. */
interface Expected {
  readonly release: string;
  readonly encryptionKey: string;
  /** By destination: what it is still to get. */
  readonly delivered: Readonly<Record<string, readonly string[]>>;
  readonly deadLetter: string;
  /** An event that is settled by one destination and waits for others. */
  readonly history: string;
}

const fixtures = join(projectRoot, 'test/fixtures');
const recordings = readdirSync(fixtures).filter((name) => name.startsWith('stored-'));

function commandsOf(recording: string): readonly RedisCommand[] {
  const lines = readFileSync(join(fixtures, recording, 'commands.jsonl'), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => finishedNow(JSON.parse(line) as RedisCommand));
}

/** Finished batches are kept for a week, which a recording soon is older than. */
function finishedNow([name = '', key = '', ...words]: RedisCommand): RedisCommand {
  if (name !== 'ZADD' || !key.endsWith(':finished')) return [name, key, ...words];
  return [name, key, ...words.map((word, i) => (i % 2 === 0 ? String(Date.now()) : word))];
}

/** Versions of the segments' headers. */
function segmentVersions(recording: string): readonly string[] {
  const headers = commandsOf(recording)
    .flat()
    .filter((word) => word.startsWith('{"v":') && word.includes('"requests":'));
  return [...new Set(headers.map((header) => `stored-v${(JSON.parse(header) as { readonly v: number }).v}`))];
}

describe('a Redis full of what an earlier release has stored', () => {
  it('is recorded for every version of segments', () => {
    expect(recordings).toEqual(['stored-v1', 'stored-v2', 'stored-v3']);
    for (const recording of recordings) expect(segmentVersions(recording)).toContain(recording);
  });

  it.each(recordings)('is drained by this one: %s', async (recording) => {
    const expected = JSON.parse(readFileSync(join(fixtures, recording, 'expected.json'), 'utf8')) as Expected;
    const redis = await startRedis();
    await runCommands(redis.socketPath, commandsOf(recording));
    const sink = await startSink();
    const gateway = await startGateway({
      env: {
        REDIS_URL: redis.url,
        ADMIN_TOKEN: 'token',
        ENCRYPTION_KEY: expected.encryptionKey,
        // The recording grows older by the day.
        DEAD_LETTER_MAX_AGE_SECONDS: '3153600000',
        HISTORY_MAX_AGE_SECONDS: '3153600000',
      },
    });
    const control = admin(gateway);
    const [dead] = await control.deadLetters('settled');
    expect(dead).toMatchObject({ event: { properties: { mark: expected.deadLetter } }, reason: { code: 'http_400' } });
    for (const id of Object.keys(expected.delivered)) {
      const config = { url: `${sink.url}/${id}` };
      expect((await control.ask('PATCH', `/destinations/${id}`, { config })).status).toBe(200);
      expect((await control.ask('POST', `/destinations/${id}/resume`)).status).toBe(200);
    }
    await until(async () => {
      const stats = await Promise.all(Object.keys(expected.delivered).map((id) => control.stats(id)));
      return stats.every(({ waiting, retrying }) => waiting === 0 && retrying === 0);
    });
    for (const [id, marks] of Object.entries(expected.delivered)) {
      const requests = sink.requests.filter(({ url }) => url === `/${id}`);
      const arrived = eventsAt({ requests }).map(({ properties }) => properties.mark);
      expect([id, [...arrived].sort()]).toEqual([id, [...marks].sort()]);
    }
    const kept = eventsAt(sink).find(({ properties }) => properties.mark === expected.history);
    const { body: trace } = await control.ask('GET', `/events/${kept?.id}/trace`);
    expect(trace).toMatchObject({
      destinations: expect.arrayContaining(
        ['settled', 'retried', 'waiting'].map(
          (destinationId) => expect.objectContaining({ destinationId, state: 'delivered' }) as unknown,
        ),
      ) as unknown,
    });
  });
});
