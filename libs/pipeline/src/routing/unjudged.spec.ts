import type { CanonicalEvent } from '#canonical';
import { append, buildPipeline, NamesDecoder, webhook } from '../../../../test/support/pipeline.js';
import { connectRedis, startRedis, startSink, until } from '../../../../test/support/index.js';
import { destinationKeys } from '../keys.js';
import type { DecodableRequest } from '../segment/event-decoder.js';
import { Unjudged } from './unjudged.js';

class Failing extends NamesDecoder {
  mended = false;

  override decode(request: DecodableRequest): readonly (CanonicalEvent | undefined)[] {
    if (!this.mended && request.body.includes('undecodable')) throw new Error('cannot be decoded');
    return super.decode(request);
  }
}

describe('what a destination could not judge', () => {
  it('is judged once it can, also where something older cannot be read', async () => {
    const decoder = new Failing();
    const pipeline = await buildPipeline({ socketPath: (await startRedis()).socketPath }, decoder);
    const { configuration, operations, budget } = pipeline;
    await pipeline.engine.start();
    const sink = await startSink();
    configuration.put(webhook('crm', sink, { match: { where: { $unheardOf: 1 } } }));
    await append(pipeline, ['undecodable']);
    await until(async () => (await operations.stats('crm')).waiting === 1);
    await append(pipeline, ['fine']);
    await until(async () => (await operations.stats('crm')).waiting === 2);
    const match = { where: { event: { $ne: 'other' } } };
    configuration.put(webhook('crm', sink, { match, updatedAt: '2026-01-02T00:00:00.000Z' }));
    await until(async () => (await operations.stats('crm')).delivered === 1);
    decoder.mended = true;
    await until(async () => (await operations.stats('crm')).delivered === 2);
    await until(() => budget.queuedBytes === 0);
  });

  it('comes in the order of acceptance, a hundred at a time, and again from the start', async () => {
    const redis = await connectRedis({ socketPath: (await startRedis()).socketPath });
    const unjudged = new Unjudged(redis);
    const idOf = (n: number): string => `0mx43vs5k${String(n).padStart(8, '0')}`;
    const ids = Array.from({ length: 250 }, (_, n) => idOf((n * 7) % 250));
    await redis.shared.hset(destinationKeys.unjudged('crm'), ...ids.flatMap((id) => [id, `${'0,2,'.repeat(30)}4`]));
    const pages: string[][] = [];
    for (let n = 0; n < 4; n++) pages.push((await unjudged.next('crm')).map(({ segmentId }) => segmentId));
    expect(pages.slice(0, 3).flat()).toEqual(ids.toSorted());
    expect(pages[3]).toEqual(pages[0]);
  });
});
