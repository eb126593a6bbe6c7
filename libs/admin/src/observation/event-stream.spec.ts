import { EventStream } from './event-stream.js';

const json = (length: number): string => JSON.stringify({ text: 'x'.repeat(length) });

const readPart = (stream: EventStream): Buffer | null => stream.read() as Buffer | null;

/** As a client that has taken everything up to now. */
const taken = (stream: EventStream): string => {
  const parts: string[] = [];
  for (let part = readPart(stream); part !== null; part = readPart(stream)) parts.push(part.toString());
  return parts.join('');
};

describe('a stream of live events', () => {
  it('starts at once and writes each event with its id', () => {
    const stream = new EventStream();
    stream.event('evt_1', '{"id":"evt_1"}');
    expect(taken(stream)).toBe(
      ': the events that are accepted from now on\n\nid: evt_1\nevent: event\ndata: {"id":"evt_1"}\n\n',
    );
  });

  it('drops what its client does not take, never holds more than a megabyte, and says so', () => {
    const stream = new EventStream();
    for (let n = 0; n < 100; n++) stream.event(`evt_${n}`, json(100_000));
    expect(stream.readableLength).toBeLessThan(1_200_000);
    const before = taken(stream);
    const arrived = before.split('event: event').length - 1;
    expect(arrived).toBe(11);
    stream.event('evt_late', '{}');
    expect(before + taken(stream)).toMatch(
      /\n\nevent: dropped\ndata: \{"events":89,"reason":"slow_client"\}\n\nid: evt_late\nevent: event\ndata: \{\}\n\n$/,
    );
  });

  it('says how many were passed over', () => {
    const stream = new EventStream();
    stream.passedOver(7);
    expect(taken(stream)).toContain('event: dropped\ndata: {"events":7,"reason":"too_many_events"}\n\n');
  });

  it('beats while nothing happens, but not for a client that is behind', () => {
    const stream = new EventStream();
    stream.heartbeat();
    expect(taken(stream)).toContain(': heartbeat\n\n');
    stream.event('evt_1', json(1_100_000));
    const { readableLength } = stream;
    stream.heartbeat();
    expect(stream.readableLength).toBe(readableLength);
  });

  it('ends once, and takes nothing more', async () => {
    const stream = new EventStream();
    stream.end();
    stream.end();
    stream.event('evt_1', '{}');
    stream.heartbeat();
    const parts: string[] = [];
    for await (const part of stream) parts.push(String(part));
    expect(parts.join('')).not.toContain('evt_1');
  });
});
