import { append, buildPipeline, webhook, type Pipeline } from '../../../../test/support/pipeline.js';
import { startRedis, startSink, until } from '../../../../test/support/index.js';

const batch = { maxEvents: 1, maxBytes: 1_000_000, maxWaitMs: 10 };
const answered = { maxAttempts: 20, maxAgeSeconds: 86_400 };

describe('a destination that fails some events again and again', () => {
  let pipeline: Pipeline;

  beforeAll(async () => {
    pipeline = await buildPipeline({ socketPath: (await startRedis()).socketPath });
    await pipeline.engine.start();
  });

  it('gets the others, though its breaker is open for these', async () => {
    const { configuration, operations } = pipeline;
    const sink = await startSink();
    sink.replyWith(({ body }) => ({ status: body.includes('poison') ? 500 : 200 }));
    const retry = { ...answered, minDelayMs: 100, maxDelayMs: 1_000 };
    configuration.put(webhook('some', sink, { match: { events: ['poison', 'good'] }, retry, batch }));
    // As many batches as may be open.
    await append(pipeline, Array<string>(4).fill('poison'));
    await until(async () => (await operations.stats('some')).breaker.state === 'open');
    await append(pipeline, Array<string>(50).fill('good'));
    await until(async () => (await operations.stats('some')).delivered === 50, { timeoutMs: 30_000 });
  });

  it('is asked whether it is back every ten seconds, though all of them wait for a later try', async () => {
    const { configuration, operations } = pipeline;
    const sink = await startSink();
    sink.replyWith(() => ({ status: 500 }));
    const retry = { ...answered, minDelayMs: 1_200_000, maxDelayMs: 3_600_000 };
    const down = (maxAttempts: number): void =>
      configuration.put(
        webhook('down', sink, { match: { events: ['down'] }, retry: { ...retry, maxAttempts }, batch, concurrency: 5 }),
      );
    down(20);
    await append(pipeline, Array<string>(9).fill('down'));
    await until(async () => (await operations.stats('down')).retrying === 9);
    // The one that opens the breaker is given up, so that it cannot be the one that asks.
    down(1);
    await append(pipeline, ['down']);
    await until(async () => (await operations.stats('down')).breaker.state === 'open');
    const before = sink.requests.length;
    sink.replyWith(() => ({ status: 200 }));
    await until(() => sink.requests.length > before, { timeoutMs: 12_000, what: 'a probe' });
    await until(async () => (await operations.stats('down')).breaker.state === 'closed');
  });
});
