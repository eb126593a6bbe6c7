import { redactBody, redactHeaders, redactText, redactUrl } from './redaction.js';

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
    expect(redactText('key pk_12345678 and pk_123456 unknown', ['pk_123456', 'pk_12345678'])).toBe(
      'key [redacted] and [redacted] unknown',
    );
    expect(redactText('a is not a secret', ['a', ''])).toBe('a is not a secret');
  });

  it('leaves only the origin of a URL', () => {
    expect(redactUrl('https://user:pass@example.com:8443/hooks/T0K3N?sig=1#x')).toBe('https://example.com:8443');
    expect(redactUrl('not a url')).toBe('[redacted]');
  });
});
