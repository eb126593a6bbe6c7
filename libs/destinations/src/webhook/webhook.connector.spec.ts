import { Ajv2020 } from 'ajv/dist/2020.js';
import { Webhook } from 'standardwebhooks';
import type { CanonicalEvent, Json } from '#canonical';
import type { HttpConnector } from '../connector.js';
import webhook from './webhook.connector.js';

const event: CanonicalEvent = {
  id: 'evt_00000000000000000001',
  type: 'track',
  event: 'order_completed',
  user_id: 'u-1',
  anonymous_id: null,
  timestamp: '2026-05-01T10:00:05.000Z',
  received_at: '2026-05-01T10:00:06.000Z',
  properties: { note: 'ü – €' },
  source: { id: 'ios-app', dialect: 'kixo' },
};
const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const PREVIOUS = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;

function encode(credentials: Readonly<Record<string, string>>, headers = {}): ReturnType<HttpConnector['encode']> {
  const settings = { config: { url: 'https://example.com/hook', headers }, credentials };
  return webhook.encode([event], 'events', settings, { key: 'req_1', attemptAt: Date.now() });
}

describe('webhook', () => {
  it('signs so that a receiver’s library verifies it', () => {
    const { body, headers } = encode({ signingSecret: SECRET });
    expect(new Webhook(SECRET).verify(body, headers)).toEqual({ events: [event] });
    expect(() => new Webhook(PREVIOUS).verify(body, headers)).toThrow('No matching signature found');
    expect(() => new Webhook(SECRET).verify(`${String(body)} `, headers)).toThrow('No matching signature found');
  });

  it('signs with both secrets during a rotation', () => {
    const { body, headers } = encode({ signingSecret: SECRET, previousSigningSecret: PREVIOUS });
    expect(new Webhook(SECRET).verify(body, headers)).toEqual({ events: [event] });
    expect(new Webhook(PREVIOUS).verify(body, headers)).toEqual({ events: [event] });
  });

  it('generates a secret that its own schema and a receiver’s library take', () => {
    const generated = webhook.generateCredentials?.((bytes) => Buffer.alloc(bytes, 7));
    expect(generated).toEqual({ signingSecret: 'whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=' });
    const { body, headers } = encode(generated ?? {});
    expect(new Webhook(generated?.signingSecret ?? '').verify(body, headers)).toEqual({ events: [event] });
  });

  it('sends secret headers, and hides them where requests are shown', () => {
    const { headers, secretHeaders } = encode(
      { signingSecret: SECRET, 'header:x-api-key': 'k-1', 'header:authorization': 'Basic dTpw' },
      { 'X-Env': 'a' },
    );
    expect(headers).toMatchObject({ 'x-env': 'a', 'x-api-key': 'k-1', authorization: 'Basic dTpw' });
    expect(secretHeaders).toEqual(expect.arrayContaining(['x-api-key', 'authorization', 'x-env']));
  });

  it('lets no configured header replace its own', () => {
    const { headers } = encode(
      { signingSecret: SECRET, bearerToken: 't0ken' },
      { Authorization: 'Basic x', 'X-Env': 'a' },
    );
    expect(headers).toMatchObject({ authorization: 'Bearer t0ken', 'x-env': 'a' });
    expect(Object.keys(headers).filter((name) => name.toLowerCase() === 'authorization')).toEqual(['authorization']);
  });
});

describe('secrets among the headers of a webhook', () => {
  const url = 'https://example.com/';
  const lift = (headers: Json) => webhook.liftSecrets?.({ url, headers });

  it.each([
    'Authorization',
    'Cookie',
    'X-Api-Key',
    'api-key',
    'X-ApiKey',
    'X-Auth-Token',
    'X-AccessToken',
    'client_secret',
    'Ocp-Apim-Subscription-Key',
    'X-Signature',
    'X-Password',
  ])('%s becomes a credential', (name) => {
    expect(lift({ [name]: 'v', 'X-Env': 'a' })).toEqual({
      config: { url, headers: { 'X-Env': 'a' } },
      credentials: { [`header:${name.toLowerCase()}`]: 'v' },
    });
    expect(lift({ [name]: 'v' })).toMatchObject({ config: { url } });
  });

  it.each(['X-Env', 'X-Author', 'Accept', 'User-Agent', 'X-Monkey', 'X-Keyboard', 'From'])('%s stays', (name) => {
    expect(lift({ [name]: 'v' })).toEqual({ config: { url, headers: { [name]: 'v' } }, credentials: {} });
  });

  it.each([
    [{ 'Proxy-Authorization': 'v' }],
    [{ 'Webhook-Signature': 'v' }],
    [{ 'X-Token': 5 }],
    [{ 'X-Token': 'a\r\nb: c' }],
    ['x'],
    [null],
  ])('%j stays, to be refused where it stands', (headers) => {
    expect(lift(headers)).toEqual({ config: { url, headers }, credentials: {} });
  });
});

describe('webhook settings', () => {
  const ajv = new Ajv2020();
  const takesConfig = ajv.compile(webhook.configSchema);
  const takesCredentials = ajv.compile(webhook.credentialsSchema);
  const withHeader = (name: string, value: unknown = 'x') => ({
    url: 'https://example.com/',
    headers: Object.fromEntries([[name, value]]),
  });

  it.each([
    { url: 'https://example.com/hook' },
    { url: 'http://127.0.0.1:9000' },
    { url: 'https://example.com/', headers: {} },
    withHeader('X-Api-Key', 'abc def'),
    withHeader('authorization', 'Basic dTpw'),
    withHeader('hosting', ''),
    withHeader('te-x'),
  ])('takes %j', (config) => {
    expect(takesConfig(config)).toBe(true);
  });

  it.each([{ 'header:x-api-key': 'a b' }, { 'header:authorization': '' }])(
    'takes the credentials %j',
    (credentials) => {
      expect(takesCredentials(credentials)).toBe(true);
    },
  );

  it.each([
    { 'header:': 'a' },
    { 'header:X-Key': 'a' },
    { 'header:host': 'a' },
    { 'header:x-key': 'a\n' },
    { 'x-key': 'a' },
  ])('refuses the credentials %j', (credentials) => {
    expect(takesCredentials(credentials)).toBe(false);
  });

  it.each([
    {},
    { url: '' },
    { url: 'ftp://example.com/' },
    { url: 'https://exa mple.com/' },
    { url: 'https:\\\\example.com' },
    { url: 'https://example.com/', method: 'PUT' },
    withHeader('Host'),
    withHeader('CONTENT-TYPE'),
    withHeader('content-length', '5'),
    withHeader('Transfer-Encoding', 'chunked'),
    withHeader('connection', 'x-api-key'),
    withHeader('TE'),
    withHeader('Upgrade'),
    withHeader('proxy-authorization'),
    withHeader('Accept-Encoding', 'gzip'),
    withHeader('webhook-id'),
    withHeader('Webhook-Signature'),
    withHeader(''),
    withHeader('__proto__'),
    withHeader('x y'),
    withHeader('x:y'),
    withHeader('x\r\ny'),
    withHeader('x-ü'),
    withHeader('x-key', 'a\r\nx-injected: 1'),
    withHeader('x-key', 'a\u0000'),
    withHeader('x-key', ' a'),
    withHeader('x-key', 'ü'),
    withHeader('x-key', 5),
    { url: 'https://example.com/', headers: Object.fromEntries([...Array(33).keys()].map((n) => [`x-${n}`, 'x'])) },
  ])('refuses %j', (config) => {
    expect(takesConfig(config)).toBe(false);
  });

  it.each([
    {},
    { signingSecret: SECRET },
    { signingSecret: `whsec_${Buffer.alloc(24).toString('base64')}` },
    { signingSecret: `whsec_${Buffer.alloc(64).toString('base64')}` },
    { signingSecret: SECRET, bearerToken: 'eyJhbGciOi.J9-_~+/=' },
  ])('takes the credentials %j', (credentials) => {
    expect(takesCredentials(credentials)).toBe(true);
  });

  it.each([
    { signingSecret: 'secret' },
    { signingSecret: SECRET.slice(6) },
    { signingSecret: `whsec_${Buffer.alloc(23).toString('base64')}` },
    { signingSecret: `whsec_${Buffer.alloc(65).toString('base64')}` },
    { signingSecret: `${SECRET.slice(0, -1)}` },
    { signingSecret: `whsec_${'-'.repeat(44)}` },
    { bearerToken: '' },
    { bearerToken: 'a b' },
    { bearerToken: 'a\nb' },
    { apiKey: 'x' },
  ])('refuses the credentials %j', (credentials) => {
    expect(takesCredentials(credentials)).toBe(false);
  });
});
