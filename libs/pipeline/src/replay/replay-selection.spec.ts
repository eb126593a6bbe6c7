import type { CanonicalEvent } from '#canonical';
import { connectRedis, startRedis, startSink } from '../../../../test/support/index.js';
import { NamesDecoder, webhook } from '../../../../test/support/pipeline.js';
import { addDeadLettersScript } from '../delivery/dead-letter.script.js';
import { deadLetter } from '../delivery/dead-letter.js';
import { destinationKeys as key } from '../keys.js';
import { SegmentStore } from '../segment/segment-store.js';
import { ReplaySelection } from './replay-selection.js';

describe('chunks of dead letters', () => {
  it('are closed by their bytes, and leave none out', async () => {
    const redis = await connectRedis({ socketPath: (await startRedis({ appendonly: 'no' })).socketPath });
    const padding = 'x'.repeat(1_000_000);
    const keys = [key.deadLetters('crm'), key.deadLetterOrder('crm'), key.state('crm')];
    const names = Array.from({ length: 50 }, (_, n) => `evt_${String(n).padStart(2, '0')}`);
    for (const id of names) {
      const event = { id, properties: { padding } } as unknown as CanonicalEvent;
      await addDeadLettersScript.run(redis.shared, keys, deadLetter('crm', event, { code: 'c', detail: '' }, 1, 1));
    }
    const selection = new ReplaySelection(redis, new SegmentStore(redis, new NamesDecoder()));
    const order = { destinationId: 'crm', from: 'dead-letters', dryRun: true } as const;
    const destination = webhook('crm', await startSink());
    const chunks: string[][] = [];
    for await (const { events } of selection.chunks(order, destination, Number.MAX_SAFE_INTEGER, {}, false)) {
      chunks.push(events.map(({ id }) => id));
    }
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(5);
    expect(chunks.flat().sort()).toEqual(names);
  });
});
