import type { Fault, RequestView } from '../dialect.js';
import klaviyo, { rateLimitHeaders } from './klaviyo.dialect.js';

const view = (path: string, more: Partial<RequestView> = {}): RequestView => ({
  requestId: 'req_1',
  path,
  query: {},
  headers: {},
  ...more,
});

describe('credentials', () => {
  const random = (bytes: number): Buffer => Buffer.alloc(bytes, 0xab);

  it('are generated as the vendor makes them', () => {
    expect(klaviyo.credentials.generate({}, random)).toEqual({
      privateKey: 'pk_ababababababababababababababababab',
      companyId: 'vvvvvv',
    });
  });

  it('are taken over as they are', () => {
    const given = { privateKey: 'mine', companyId: 'AbC123' };
    expect(klaviyo.credentials.generate(given, random)).toEqual(given);
  });

  it('are recognised by what they are for', () => {
    const tokens = klaviyo.credentials.tokens({ privateKey: 'same', companyId: 'same' });
    const claim = (path: string, more: Partial<RequestView>): string | undefined => {
      const found = klaviyo.claim?.(view(path, more), klaviyo.routes[0]!);
      return tokens.find(({ token }) => found && 'token' in found && token === found.token)?.grant;
    };
    expect(claim('/api/events', { headers: { authorization: 'Klaviyo-API-Key same' } })).toBe('write');
    expect(claim('/client/events', { query: { company_id: 'same' } })).toBe('public');
    expect(claim('/client/events', { headers: { authorization: 'Klaviyo-API-Key same' } })).toBeUndefined();
    expect(claim('/api/events', { query: { company_id: 'same' } })).toBeUndefined();
  });

  it('without a company id open private paths only', () => {
    expect(klaviyo.credentials.tokens({ privateKey: 'pk' })).toEqual([{ token: 'pk', grant: 'write' }]);
  });
});

describe('rate headers', () => {
  const windows = [
    { requests: 150, perSeconds: 60 },
    { requests: 10, perSeconds: 1 },
  ];

  it('tell of the steady window in plain form', () => {
    expect(klaviyo.rateHeaders?.({ windows, remaining: 0, resetSeconds: 1 })).toEqual({
      'RateLimit-Limit': '150',
      'RateLimit-Remaining': '0',
      'RateLimit-Reset': '1',
    });
  });

  it('have a compound form, as callers have seen it', () => {
    expect(rateLimitHeaders({ windows, remaining: 149, resetSeconds: 37 }, 'compound')).toEqual({
      'RateLimit-Limit': '10, 10;w=1, 150;w=60',
      'RateLimit-Remaining': '149',
      'RateLimit-Reset': '37',
    });
  });

  it('are absent where no limit holds', () => {
    expect(rateLimitHeaders({ windows: [], remaining: 1, resetSeconds: 1 }, 'plain')).toEqual({});
  });
});

describe('faults', () => {
  const faults: readonly (readonly [Fault, number, string])[] = [
    [{ kind: 'unauthorized', reason: 'missing' }, 401, 'not_authenticated'],
    [{ kind: 'unauthorized', reason: 'unknown' }, 401, 'authentication_failed'],
    [{ kind: 'unauthorized', reason: 'disabled' }, 401, 'authentication_failed'],
    [{ kind: 'forbidden', reason: 'grant' }, 403, 'permission_denied'],
    [{ kind: 'invalid_json' }, 400, 'parse_error'],
    [{ kind: 'bad_encoding' }, 400, 'parse_error'],
    [{ kind: 'bad_request', detail: 'x' }, 400, 'invalid'],
    [{ kind: 'payload_too_large', maxBytes: 1 }, 413, 'payload_too_large'],
    [{ kind: 'unsupported_media_type' }, 415, 'unsupported_media_type'],
    [{ kind: 'unsupported_encoding' }, 415, 'unsupported_media_type'],
    [{ kind: 'rate_limited', retryAfterSeconds: 7 }, 429, 'throttled'],
    [{ kind: 'idempotency_conflict' }, 409, 'conflict'],
    [{ kind: 'not_found' }, 404, 'not_found'],
    [{ kind: 'gone' }, 410, 'gone'],
    [{ kind: 'method_not_allowed', allow: ['POST'] }, 405, 'method_not_allowed'],
    [{ kind: 'unavailable', retryAfterSeconds: 2 }, 503, 'service_unavailable'],
    [{ kind: 'queue_full', retryAfterSeconds: 5 }, 503, 'service_unavailable'],
    [{ kind: 'internal' }, 500, 'error'],
  ];

  it.each(faults)('%j is %i %s, always with errors and a pointer', (fault, status, code) => {
    const reply = klaviyo.replyToFault(fault, view('/api/events'));
    expect(reply.status).toBe(status);
    expect(reply.headers['Content-Type']).toBe('application/vnd.api+json');
    const { errors } = JSON.parse(reply.body) as { errors: readonly Record<string, unknown>[] };
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ status, code, source: { pointer: expect.stringMatching(/^\/data/) as string } });
    expect(errors[0]?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('ask to wait in whole seconds', () => {
    const throttled = klaviyo.replyToFault({ kind: 'rate_limited', retryAfterSeconds: 7 }, view('/api/events'));
    expect(throttled.headers).toEqual({ 'Content-Type': 'application/vnd.api+json', 'Retry-After': '7' });
    const down = klaviyo.replyToFault({ kind: 'unavailable', retryAfterSeconds: 2 }, view('/api/events'));
    expect(down.headers['Retry-After']).toBe('2');
  });
});

describe('the sample', () => {
  it('is a request that the gateway takes', () => {
    const { path, body, headers } = klaviyo.sample({ privateKey: 'pk_demo' });
    const route = klaviyo.routes.find((one) => one.path === path);
    const checked = route?.check(body, {
      request: view(path),
      receivedAt: Date.parse('2026-06-01T10:00:00Z'),
      bodyBytes: 2_000_000,
    });
    expect(checked).toMatchObject({ kind: 'checked', total: 1 });
    expect(headers.Authorization).toBe('Klaviyo-API-Key pk_demo');
  });
});
