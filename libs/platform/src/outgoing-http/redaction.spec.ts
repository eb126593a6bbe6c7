import { redactBody, redactHeaders, redactQuery, redactor, redactUrl, secretsOfUrl } from './redaction.js';

describe('redaction', () => {
  it('hides secret headers whatever their case', () => {
    const headers = { Authorization: 'Bearer sk_live_1', 'content-type': 'application/json' };
    expect(redactHeaders(headers, ['authorization'])).toEqual({
      Authorization: '[redacted]',
      'content-type': 'application/json',
    });
  });

  it('hides secret members of the body and leaves the rest', () => {
    expect(redactBody('{"api_key":"kx_key_1","batch":[{"api_key":"mine"}]}', ['api_key'])).toBe(
      '{"api_key":"[redacted]","batch":[{"api_key":"mine"}]}',
    );
    expect(redactBody('{"batch":[]}', ['api_key'])).toBe('{"batch":[]}');
  });

  it('keeps a member named __proto__ a member', () => {
    expect(redactBody('{"__proto__":{"a":1},"api_key":"kx_key_1"}', ['api_key'])).toBe(
      '{"__proto__":{"a":1},"api_key":"[redacted]"}',
    );
    expect(redactBody('{"__proto__":"kx_key_1"}', ['__proto__'])).toBe('{"__proto__":"[redacted]"}');
  });

  it('shows nothing of a body it cannot read, if there is something to hide', () => {
    expect(redactBody('api_key=kx_key_1', ['api_key'])).toBe('[redacted]');
    expect(redactBody('["kx_key_1"]', ['api_key'])).toBe('[redacted]');
    expect(redactBody('plain', [])).toBe('plain');
  });

  it('takes credentials out of what others wrote, the longest first', () => {
    expect(redactor(['pk_123456', 'pk_12345678'])('key pk_12345678 and pk_123456 unknown')).toBe(
      'key [redacted] and [redacted] unknown',
    );
    expect(redactor(['a', ''])('a is not a secret')).toBe('a is not a secret');
  });

  it('takes them out in the spellings of JSON and of URLs as well', () => {
    expect(redactor(['to/ken+1'])(String.raw`"to\/ken+1" to%2Fken%2B1 to/ken+1`)).toBe(
      '"[redacted]" [redacted] [redacted]',
    );
    expect(redactor(['half \ud83d'])('half \ud83d a face')).toBe('[redacted] a face');
  });

  it('shows the names of parameters, not their values, which may be keys', () => {
    const url = 'https://example.com/hook?token=T0%2FKEN&v=2#top';
    expect(redactQuery(url)).toBe('https://example.com/hook?token=[redacted]&v=[redacted]#top');
    expect(redactQuery('https://example.com/a=b')).toBe('https://example.com/a=b');
    expect(secretsOfUrl(url)).toEqual(['T0/KEN', '2', 'T0%2FKEN', '2']);
    expect(secretsOfUrl('not a url')).toEqual([]);
  });

  it('leaves only the origin of a URL', () => {
    expect(redactUrl('https://user:pass@example.com:8443/hooks/T0K3N?sig=1#x')).toBe('https://example.com:8443');
    expect(redactUrl('not a url')).toBe('[redacted]');
  });
});
