import type { CanonicalEvent } from '#canonical';
import { append, buildPipeline, NamesDecoder, webhook } from '../../../../test/support/pipeline.js';
import { startRedis, startSink, until } from '../../../../test/support/index.js';
import type { DecodableRequest } from '../segment/event-decoder.js';

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
});
