import fc from 'fast-check';
import type { Json, JsonObject } from '#canonical';
import { jsonValues, objectOf } from '../../../../test/support/wire-arbitraries.js';
import { claimFromBody, credentials, itemOfBatch, scrub } from './kixo.credentials.js';

const KEY = 'kx_key_0123456789abcdef';
const REST = '"bundle_id":"b","batch":[]';

function scrubbed(text: string): string {
  return scrub(Buffer.from(text), JSON.parse(text)).toString();
}

describe('taking the key out', () => {
  it.each([
    ['without blanks', `{"project_id":"p","api_key":"${KEY}",${REST}}`, `{"project_id":"p","api_key":"",${REST}}`],
    ['with blanks', `{ "api_key" :\n\t"${KEY}" , ${REST}}`, `{ "api_key" :\n\t"" , ${REST}}`],
    ['at the end', `{${REST},"api_key":"${KEY}"}`, `{${REST},"api_key":""}`],
    [
      'beside other escapes',
      `{"api_key":"${KEY}","bundle_id":"caf\\u00e9 \\u2713"}`,
      '{"api_key":"","bundle_id":"caf\\u00e9 \\u2713"}',
    ],
    ['in a preview, which has none', `{${REST}}`, `{${REST}}`],
    ['of few characters', '{"api_key":"b","bundle_id":"b"}', '{"api_key":"","bundle_id":"b"}'],
  ])('leaves all other bytes as they are: %s', (_, text, expected) => {
    expect(scrubbed(text)).toBe(expected);
  });

  it.each([
    ['an escaped name', `{"api\\u005Fkey":"${KEY}",${REST}}`, `{${REST}}`],
    ['an escaped value', `{"api_key":"kx\\u005fkey_0123456789abcdef",${REST}}`, `{${REST}}`],
    [
      'an escaped name before the plain one',
      `{"api\\u005fkey":"kx_key_first_9876543210","api_key":"${KEY}",${REST}}`,
      `{${REST}}`,
    ],
    [
      'the key with escapes in an event',
      `{"api_key":"${KEY}","batch":["kx\\u005fkey_0123456789abcdef"]}`,
      '{"batch":["[redacted]"]}',
    ],
    ['a repeated name', `{"api_key":"kx_key_first_9876543210","api_key":"${KEY}",${REST}}`, `{${REST}}`],
    [
      'the key in an event',
      `{"api_key":"${KEY}","batch":[{"url":"/?k=${KEY}"}]}`,
      '{"batch":[{"url":"/?k=[redacted]"}]}',
    ],
    ['the key as a name', `{"api_key":"${KEY}","batch":[{"${KEY}":1}]}`, '{"batch":[{"[redacted]":1}]}'],
    [
      'a text called api_key',
      `{"api_key":"${KEY}","batch":[{"event_name":"api_key"}]}`,
      '{"batch":[{"event_name":"api_key"}]}',
    ],
    ['a key that is no text', `{"api_key":{"a":1},${REST}}`, `{${REST}}`],
    ['a key with a quote', `{"api_key":"kx\\"key/0123456789",${REST}}`, `{${REST}}`],
  ])('writes the body anew where the bytes leave doubt: %s', (_, text, expected) => {
    expect(scrubbed(text)).toBe(expected);
  });

  it('survives events that nest too deep to be written out', () => {
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    const result = scrubbed(`{"api\\u005fkey":"${KEY}","batch":[{"properties":${deep}},{"n":1}]}`);
    expect(result).not.toContain(KEY);
    expect(JSON.parse(result)).toMatchObject({ batch: [{}, { n: 1 }] });
  });

  it('leaves bodies that are no object to the check', () => {
    expect(scrubbed('["api_key"]')).toBe('["api_key"]');
  });

  it('never leaves it, in whatever spelling, and nothing else is lost', () => {
    const spellings = fc.constantFrom('api_key', 'api\\u005fkey', '\\u0061pi_key', 'api_ke\\u0079');
    const bodies = fc.tuple(spellings, fc.array(jsonValues, { maxLength: 3 }), fc.boolean(), fc.boolean());
    const property = fc.property(bodies, ([name, batch, twice, captured]) => {
      const items: readonly Json[] = captured ? [...batch, { header: `Key ${KEY}` }] : batch;
      const first = twice ? `"api_key":"${KEY}_old",` : '';
      const text = `{${first}"${name}":"${KEY}","batch":${JSON.stringify(items)}}`;
      const result = scrubbed(text);
      expect(JSON.stringify(JSON.parse(result))).not.toContain(KEY);
      const expected = captured ? [...batch, { header: 'Key [redacted]' }] : batch;
      expect((JSON.parse(result) as JsonObject).batch).toEqual(JSON.parse(JSON.stringify(expected)));
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});

describe('the claim', () => {
  it('is the pair, joined so that no other pair gives the same text', () => {
    expect(claimFromBody({ project_id: 'kx_proj_1', api_key: 'kx_key_1' })).toEqual({ token: 'kx_proj_1\nkx_key_1' });
    expect(credentials.tokens({ projectId: 'kx_proj_1', apiKey: 'kx_key_1' })).toEqual([
      { token: 'kx_proj_1\nkx_key_1', grant: 'write' },
    ]);
    expect(credentials.tokens({ projectId: 'kx_proj_1' })).toEqual([]);
  });

  it.each([
    [null, 'JSON object'],
    [[], 'JSON object'],
    [{}, 'project_id'],
    [{ project_id: '', api_key: 'k' }, 'project_id'],
    [{ project_id: 'p' }, 'api_key'],
    [{ project_id: 'p', api_key: 5 }, 'api_key'],
  ])('%j lacks %s', (body, missing) => {
    expect(claimFromBody(body)).toEqual({ missing });
  });
});

describe('generated credentials', () => {
  const random = (bytes: number): Buffer => Buffer.alloc(bytes, 0xab);

  it("look like the vendor's, and given ones are taken over", () => {
    expect(credentials.generate({}, random)).toEqual({
      projectId: 'kx_proj_abababababababababab',
      apiKey: 'kx_key_abababababababababababababababababababab',
    });
    expect(credentials.generate({ projectId: 'kx_proj_mine' }, random).projectId).toBe('kx_proj_mine');
  });
});

describe('items for the rejections list', () => {
  it('come without the key', () => {
    const body = objectOf([
      ['api_key', KEY],
      ['batch', [{ url: `/?k=${KEY}` }]],
    ]);
    expect(itemOfBatch(body, 0)).toEqual({ url: '/?k=[redacted]' });
    expect(itemOfBatch({ batch: {} }, 0)).toBeUndefined();
  });
});
