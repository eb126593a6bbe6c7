import { NamesDecoder } from '../../../../test/support/pipeline.js';
import { decodeRequest } from './decode-request.js';
import type { DecodableRequest } from './event-decoder.js';
import type { RequestHeader } from './segment-format.js';

const SEGMENT = '0mabcdefg00aaaaaa';

const request: RequestHeader = {
  requestId: 'req_1',
  sourceId: 'ios',
  dialect: 'names',
  route: 'names',
  headers: {},
  receivedAt: 1_790_000_000_000,
  base: 10,
  total: 4,
  rejected: '1',
  bytes: 0,
};

const decoded = (body: unknown, repeats: readonly number[], more: Partial<RequestHeader> = {}) => {
  const asked: boolean[] = [];
  class Asking extends NamesDecoder {
    override decode(stored: DecodableRequest) {
      const events = super.decode(stored);
      asked.push(...events.map((_, index) => stored.accepts(index)));
      return events;
    }
  }
  const bytes = Buffer.from(JSON.stringify(body));
  const events = decodeRequest(new Asking(), SEGMENT, { ...request, ...more }, bytes, new Set(repeats));
  return { asked, names: events.map((event) => event?.event) };
};

describe('decoding a stored request', () => {
  it('tells the dialect of what was refused and of what is a repeat, and gives neither', () => {
    expect(decoded(['a', 'b', 'c', 'd'], [10, 13, 40])).toEqual({
      asked: [false, false, true, false],
      names: [undefined, undefined, 'c', undefined],
    });
  });

  it('takes what the gateway itself has written as it is', () => {
    const event = (name: string) => ({ event: name });
    const body = [event('a'), null, event('c'), null];
    expect(decoded(body, [13], { form: 'canonical' })).toEqual({ asked: [], names: ['a', undefined, 'c', undefined] });
  });
});
