import { readTraceParent, writeTraceParent } from './tracing.js';

const sample = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('traceparent', () => {
  it('reads as the recommendation writes it, and back', () => {
    const context = readTraceParent(sample);
    expect(context).toEqual({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      traceFlags: 1,
    });
    expect(context && writeTraceParent(context)).toBe(sample);
  });

  it.each([
    '',
    'nonsense',
    sample.toUpperCase(),
    `${sample}-more`,
    `${sample}\r\nx: y`,
    sample.replace('00-', 'ff-'),
    '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
  ])('refuses %j', (text) => {
    expect(readTraceParent(text)).toBeUndefined();
  });
});
