import { gzipSync } from 'node:zlib';
import { eventsAt, flokitItem, startNeighbours, until, type HttpAnswer, type Neighbours } from '../support/index.js';

const at = '2026-05-01T10:00:00Z';
const batchPath = '/v1/batch/events';
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const invalid = (message: string) => ({ error: 'validation_error', message });

describe('a hostile body', () => {
  let neighbours: Neighbours;

  beforeAll(async () => {
    neighbours = await startNeighbours();
  });

  const post = (body: string | Buffer, headers?: Record<string, string>, path = batchPath): Promise<HttpAnswer> =>
    neighbours.besides(() => neighbours.stranger.sender.post(path, body, headers));

  function expectError({ status, headers, text }: HttpAnswer, expectedStatus: number, body: object): void {
    expect([status, JSON.parse(text)]).toEqual([expectedStatus, body]);
    expect(headers['content-type']).toBe('application/json');
    expect(headers['x-request-id']).toMatch(/^req_/);
  }

  it.each([
    ['nothing', ''],
    ['a broken object', '{"events":['],
    ['a form', 'events=1'],
    ['a trailing comma', '{"events":[],}'],
  ])('%s is no JSON', async (_, body) => {
    expectError(await post(body), 400, invalid('Request body must be valid JSON'));
  });

  it.each([
    ['[]', 'Request body must be a JSON object'],
    ['"events"', 'Request body must be a JSON object'],
    ['7', 'Request body must be a JSON object'],
    ['null', 'Request body must be a JSON object'],
    ['{}', 'Missing required field: events'],
    ['{"events":null}', 'Missing required field: events'],
    ['{"__proto__":{"events":[]}}', 'Missing required field: events'],
    ['{"events":{}}', 'events must be an array'],
    ['{"events":"[]"}', 'events must be an array'],
    ['{"events":[]}', 'events must not be empty'],
  ])('%s is refused', async (body, message) => {
    expectError(await post(body), 400, invalid(message));
  });

  it('1,001 events are refused, every one of them', async () => {
    const body = JSON.stringify({ events: Array.from({ length: 1_001 }, () => flokitItem('too many')) });
    expectError(await post(body), 400, invalid('Maximum 1000 events per request'));
  });

  it.each([
    ['null', null, 'Invalid field: events'],
    ['7', null, 'Invalid field: events'],
    ['"text"', null, 'Invalid field: events'],
    ['[]', null, 'Invalid field: events'],
    ['{}', null, 'Missing required field: event'],
    [`{"event":7,"user_id":"u","timestamp":"${at}"}`, null, 'Invalid field: event'],
    [`{"event":"bad","user_id":7,"timestamp":"${at}"}`, 'bad', 'Invalid field: user_id'],
    [`{"event":"bad","anonymous_id":7,"timestamp":"${at}"}`, 'bad', 'Invalid field: anonymous_id'],
    [`{"event":"bad","timestamp":"${at}"}`, 'bad', 'Missing required field: user_id or anonymous_id'],
    ['{"event":"bad","user_id":"u"}', 'bad', 'Missing required field: timestamp'],
    ['{"event":"bad","user_id":"u","timestamp":""}', 'bad', 'Missing required field: timestamp'],
    ['{"event":"bad","user_id":"u","timestamp":1777629600}', 'bad', 'Invalid field: timestamp'],
    ['{"event":"bad","user_id":"u","timestamp":"1777629600"}', 'bad', 'Invalid field: timestamp'],
    ['{"event":"bad","user_id":"u","timestamp":"2024-02-30"}', 'bad', 'Invalid field: timestamp'],
    ['{"event":"bad","user_id":"u","timestamp":"2024-02-30T10:00:00Z"}', 'bad', 'Invalid field: timestamp'],
    ['{"event":"bad","user_id":"u","timestamp":"yesterday"}', 'bad', 'Invalid field: timestamp'],
    [`{"event":"bad","user_id":"u","timestamp":"${at}","properties":[]}`, 'bad', 'Invalid field: properties'],
    [`{"__proto__":{"event":"bad","user_id":"u","timestamp":"${at}"}}`, null, 'Missing required field: event'],
  ])('the event %s is refused alone', async (item, event, reason) => {
    const { status, text } = await post(`{"events":[${item},${JSON.stringify(flokitItem('beside a bad one'))}]}`);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ accepted: 1, rejected: 1, errors: [{ index: 0, event, reason }] });
  });

  it('keys of the language itself are data, carried to the destination as they came', async () => {
    const properties = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"toString":3}';
    const body = `{"events":[{"event":"proto","user_id":"u","timestamp":"${at}","properties":${properties}}]}`;
    expect((await post(body)).status).toBe(200);
    const request = await until(() => neighbours.stranger.sink.requests.find(({ body }) => body.includes('"proto"')));
    expect(request.body).toContain(`"properties":${properties}`);
    expect({}).not.toHaveProperty('polluted');
  });

  it('ten thousand levels are refused by their field', async () => {
    const item = `{"event":"deep","user_id":"u","timestamp":"${at}","properties":{"x":${nested(10_000)}}}`;
    const { status, text } = await post(`{"events":[${item}]}`);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      accepted: 0,
      rejected: 1,
      event_ids: [],
      errors: [{ index: 0, event: 'deep', reason: 'Invalid field: properties' }],
    });
    expectError(await post(item, {}, '/v1/events'), 400, invalid('Invalid field: properties'));
  });

  it('a million levels are refused', async () => {
    const message = 'JSON is nested too deeply';
    expectError(await post(`{"events":[${nested(1_000_000)}]}`), 400, invalid(message));
    expectError(await post('['.repeat(5_000_000)), 400, invalid(message));
    expectError(await post('{"a":'.repeat(1_000_000)), 400, invalid(message));
  });

  it('bytes that are no UTF-8 are refused', async () => {
    const [head = '', tail = ''] = JSON.stringify({ events: [flokitItem('utf?8')] }).split('?');
    for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      const body = Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]);
      expectError(await post(body), 400, invalid('Request body must be valid JSON'));
    }
  });

  it('a gzip bomb of 50 MB is stopped at the limit, ten at once as well', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024, '['));
    expect(bomb.length).toBeLessThan(100_000);
    const answers = await neighbours.besides(() =>
      Promise.all(
        Array.from({ length: 10 }, () =>
          neighbours.stranger.sender.post(batchPath, bomb, { 'Content-Encoding': 'gzip' }),
        ),
      ),
    );
    for (const answer of answers) {
      const message = 'Request body exceeds 10485760 bytes';
      expectError(answer, 413, { error: 'payload_too_large', message });
    }
  });

  it('what is no gzip, or half of one, is refused', async () => {
    const whole = gzipSync(JSON.stringify({ events: [flokitItem('half')] }));
    for (const body of [whole.subarray(0, whole.length - 9), Buffer.from('{}'), whole.subarray(4)]) {
      const answer = await post(body, { 'Content-Encoding': 'gzip' });
      expectError(answer, 400, invalid('Request body does not match its Content-Encoding'));
    }
  });

  it('more than the limit is refused', async () => {
    const body = Buffer.alloc(11 * 1024 * 1024, ' ');
    const message = 'Request body exceeds 10485760 bytes';
    expectError(await post(body), 413, { error: 'payload_too_large', message });
  });

  it('has harmed nobody and left nothing behind', async () => {
    await neighbours.assertUnharmed();
    const names = eventsAt(neighbours.stranger.sink).map(({ event }) => event);
    expect([...new Set(names)].sort()).toEqual(['beside a bad one', 'proto']);
  });
});
