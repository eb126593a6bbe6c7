import { Metrics } from './metrics.js';

describe('Metrics', () => {
  it('gives the same series to everyone who asks for its name', async () => {
    const metrics = new Metrics();
    metrics.counter('gateway_events_accepted_total', 'Events accepted', ['dialect']).inc({ dialect: 'flokit' }, 2);
    metrics.counter('gateway_events_accepted_total', 'Events accepted', ['dialect']).inc({ dialect: 'flokit' });
    expect(await metrics.text()).toContain('gateway_events_accepted_total{dialect="flokit"} 3\n');
  });

  it('asks a gauge for its value at every scrape', async () => {
    const metrics = new Metrics();
    let waiting = 1;
    metrics.gauge('gateway_queued_events', 'Events waiting', [], (gauge) => gauge.set(waiting));
    expect(await metrics.text()).toContain('gateway_queued_events 1\n');
    waiting = 7;
    expect(await metrics.text()).toContain('gateway_queued_events 7\n');
  });

  it('answers a scrape even if a gauge cannot tell its value', async () => {
    const metrics = new Metrics();
    metrics.gauge('gateway_broken', 'Broken', ['queue'], () => Promise.reject(new Error('Redis is gone')));
    metrics.histogram('gateway_append_seconds', 'Append').observe(0.002);
    const text = await metrics.text();
    expect(text).toContain('gateway_append_seconds_bucket{le="0.0025"} 1\n');
    expect(text).toContain('process_cpu_user_seconds_total');
  });

  it('keeps registries apart, so that two gateways in one process do not clash', () => {
    new Metrics().counter('gateway_twice', 'Twice');
    expect(() => new Metrics().counter('gateway_twice', 'Twice')).not.toThrow();
  });
});
