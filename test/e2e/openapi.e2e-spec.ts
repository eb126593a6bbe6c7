import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { DialectRegistry } from '#dialects';
import { admin, openLine, startGateway, startSink, until, type Gateway, type Line } from '../support/index.js';
import { contractCalls, type Call } from './openapi-calls.js';

interface Operation {
  readonly description?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, ObjectSchema>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}

interface ObjectSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly additionalProperties?: unknown;
}

/** The same document, but no object may have members that it does not name. */
function closed(document: Document): Document {
  const { schemas } = document.components;
  const close = (schema: ObjectSchema): ObjectSchema =>
    schema.properties && schema.additionalProperties === undefined
      ? { ...schema, additionalProperties: false }
      : schema;
  const strict = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, close(schema)]));
  return { ...document, components: { ...document.components, schemas: strict } };
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];

describe('the OpenAPI document', () => {
  let gateway: Gateway;
  let line: Line;
  let document: Document;
  let ajv: Ajv2020;

  beforeAll(async () => {
    gateway = await startGateway({ env: { LOG_LEVEL: 'fatal' } });
    line = await openLine(gateway, { id: 'crm' }, { id: 'shop' });
    document = (await (await fetch(`${gateway.baseUrl}/openapi.json`)).json()) as Document;
    ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
    ajv.addSchema(closed(document), 'openapi');
  });

  const adminPaths = (): readonly string[] => Object.keys(document.paths).filter((path) => path.startsWith('/admin/'));
  const operations = (): readonly string[] =>
    adminPaths().flatMap((path) =>
      METHODS.filter((method) => document.paths[path]?.[method]).map((method) => `${method.toUpperCase()} ${path}`),
    );

  /** What is wrong with this answer by the document. */
  const faultsOf = async (call: Call, response: Response): Promise<readonly string[]> => {
    const { method, path } = call;
    const operation = document.paths[path]?.[method.toLowerCase()];
    if (!operation) return ['is not documented'];
    const status = operation.responses[String(response.status)] ? String(response.status) : 'default';
    if (status === 'default' && response.ok) return [`answers ${response.status}, which is not documented`];
    const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
    const { content } = operation.responses[status] ?? {};
    const text = await response.text();
    if (response.status === 204) return text === '' ? [] : ['has a body'];
    if (!content?.[type]) return [`answers ${response.status} with ${type}, and no schema is documented for that`];
    const pointer = ['paths', path, method.toLowerCase(), 'responses', status, 'content', type, 'schema']
      .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
      .map(encodeURIComponent)
      .join('/');
    const body: unknown = JSON.parse(text);
    if (ajv.validate({ $ref: `openapi#/${pointer}` }, body)) return [];
    return [`${ajv.errorsText()} in ${text.slice(0, 500)}`];
  };

  const ids = new Map<string, string>();
  const make = async (call: Call): Promise<Response> => {
    const id = ids.get(call.id ?? '') ?? call.id ?? 'unknown';
    const path = call.path.replace(/\{\w+\}/, encodeURIComponent(id));
    return fetch(`${gateway.baseUrl}${path}${call.query ?? ''}`, {
      method: call.method,
      headers: { authorization: `Bearer ${gateway.adminToken}`, 'content-type': 'application/json' },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
  };

  it('is valid OpenAPI 3.1, references included', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document) as unknown as Record<string, unknown>);
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(validator.version).toBe('3.1');
    expect(() => validator.resolveRefs()).not.toThrow();
  });

  it('describes every route of every dialect, and health', async () => {
    const { all } = await DialectRegistry.load();
    expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(['flokit', 'vibefollow', 'kixo', 'klaviyo']));
    for (const { routes, probes } of all) {
      for (const { path } of routes) expect(document.paths[path]?.post).toBeDefined();
      for (const { path } of probes) expect(document.paths[path]?.get).toBeDefined();
    }
    for (const path of ['/health/live', '/health/ready', '/metrics']) expect(document.paths[path]?.get).toBeDefined();
  });

  it('says where callers put the credentials of each dialect', () => {
    expect(document.components.securitySchemes).toMatchObject({
      adminToken: { type: 'http', scheme: 'bearer' },
      'flokit.apiKey': { type: 'http', scheme: 'bearer' },
      'flokit.readOnlyApiKey': { type: 'http', scheme: 'bearer' },
      'vibefollow.apiKey': { type: 'http', scheme: 'bearer' },
      'klaviyo.privateKey': { type: 'apiKey', in: 'header', name: 'Authorization' },
      'klaviyo.bearer': { type: 'http', scheme: 'bearer' },
      'klaviyo.companyId': { type: 'apiKey', in: 'query', name: 'company_id' },
    });
    const securityOf = (path: string, method = 'post') => document.paths[path]?.[method]?.security;
    for (const path of ['/v1/batch/events', '/v1/events']) expect(securityOf(path)).toEqual([{ 'flokit.apiKey': [] }]);
    expect(securityOf('/v1/workspace', 'get')).toEqual([{ 'flokit.apiKey': [] }, { 'flokit.readOnlyApiKey': [] }]);
    for (const path of ['/events', '/events/batch', '/events/bulk', '/users', '/users/bulk']) {
      expect(securityOf(`/api/v1${path}`)).toEqual([{ 'vibefollow.apiKey': [] }]);
    }
    const privately = [{ 'klaviyo.privateKey': [] }, { 'klaviyo.bearer': [] }];
    for (const path of ['event-bulk-create-jobs', 'events']) expect(securityOf(`/api/${path}`)).toEqual(privately);
    expect(securityOf('/api/accounts', 'get')).toEqual(privately);
    for (const path of ['event-bulk-create', 'events']) {
      expect(securityOf(`/client/${path}`)).toEqual([{ 'klaviyo.companyId': [] }]);
    }
    expect(securityOf('/v1/batch')).toEqual([]);
    expect(document.paths['/v1/batch']?.post?.description).toContain('The credentials are in the body.');
  });

  it('names the headers that mean something to a dialect', () => {
    const parametersOf = (path: string) =>
      document.paths[path]?.post?.parameters?.map((parameter) => [parameter.in, parameter.name, parameter.required]);
    for (const path of ['/v1/batch/events', '/v1/events', '/api/v1/events', '/api/v1/users/bulk']) {
      expect(parametersOf(path)).toEqual([['header', 'Idempotency-Key', false]]);
    }
    for (const path of ['/api/event-bulk-create-jobs', '/client/event-bulk-create', '/client/events']) {
      expect(parametersOf(path)).toEqual([['header', 'revision', false]]);
    }
    expect(parametersOf('/v1/batch')).toEqual([]);
  });

  it('has a schema that every admin call answers by', async () => {
    const sink = await startSink({ reply: ({ body }) => ({ status: body.includes('"refused"') ? 422 : 200 }) });
    await line.change({ config: { url: sink.url } });
    const [eventId = ''] = await line.sender.accepted([
      { event: 'good', user_id: 'u', timestamp: '2026-05-01T10:00:00Z' },
    ]);
    await line.sender.accepted([{ event: 'refused', user_id: 'u', timestamp: '2026-05-01T10:00:00Z' }]);
    await line.sender.batch([{ event: 'late', user_id: 'u', timestamp: 'yesterday' }]);
    const [letter] = await until(async () => {
      const letters = await admin(gateway).deadLetters('crm');
      return letters.length > 0 ? letters : undefined;
    });
    const covered = new Set<string>();
    const faults: string[] = [];
    const calls = contractCalls({ eventId, deadLetterId: letter?.id ?? '' });
    // New lists and the like need no line of their own.
    const plain = operations().flatMap((operation): Call[] => {
      const [, path = ''] = /^GET (\/[^{}]+)$/.exec(operation) ?? [];
      return path === '' || path.endsWith('/stream') ? [] : [{ method: 'GET', path }];
    });
    for (const call of [...calls, ...plain]) {
      const response = await make(call);
      if (call.answers !== undefined && response.ok) ids.set(call.answers, idOf(await response.clone().json()));
      const name = `${call.method} ${call.path}`;
      if (response.ok) covered.add(name);
      else faults.push(`${name} answered ${response.status}: ${await response.clone().text()}`);
      for (const fault of await faultsOf(call, response)) faults.push(`${name} ${fault}`);
    }
    expect(faults).toEqual([]);
    // A path is missing here? Add a call that succeeds to openapi-calls.ts.
    const streamed = 'GET /admin/v1/events/stream';
    expect(operations().filter((name) => !covered.has(name) && name !== streamed)).toEqual([]);
  });

  it('has a schema that faults answer by, on every admin path', async () => {
    const faults: string[] = [];
    for (const name of operations()) {
      const [method = '', path = ''] = name.split(' ');
      // Nobody without the token, and nothing that is unknown.
      const call = { method, path };
      const unknown = await fetch(`${gateway.baseUrl}${path.replace(/\{\w+\}/, 'unknown')}`, { method });
      if (unknown.status !== 401) faults.push(`${name} answered ${unknown.status} without a token`);
      faults.push(...(await faultsOf(call, unknown)).map((fault) => `${name} ${fault}`));
      if (!path.includes('{')) continue;
      const missing = await make({ ...call, ...(method === 'PUT' || method === 'PATCH' ? { body: {} } : {}) });
      if (missing.ok || missing.status >= 500) faults.push(`${name} answered ${missing.status} for an unknown id`);
      faults.push(...(await faultsOf(call, missing)).map((fault) => `${name} ${fault}`));
    }
    const incomplete = { method: 'POST', path: '/admin/v1/destinations', body: { name: 'x', type: 'klaviyo' } };
    faults.push(...(await faultsOf(incomplete, await make(incomplete))));
    expect(faults).toEqual([]);
  });

  it('names exactly the methods that each admin path takes', async () => {
    for (const path of adminPaths()) {
      const response = await fetch(`${gateway.baseUrl}${path.replace(/\{\w+\}/, 'unknown')}`, {
        method: 'OPTIONS',
        headers: { authorization: `Bearer ${gateway.adminToken}` },
      });
      const documented = METHODS.filter((method) => document.paths[path]?.[method]).map((method) =>
        method.toUpperCase(),
      );
      expect([path, response.status]).toEqual([path, 405]);
      expect([path, (response.headers.get('allow') ?? '').split(', ').sort()]).toEqual([path, documented.sort()]);
    }
    const nowhere = await make({ method: 'GET', path: '/admin/v1/nowhere' });
    expect([nowhere.status, await nowhere.json()]).toMatchObject([404, { code: 'not_found' }]);
  });
});

function idOf(answer: unknown): string {
  return typeof answer === 'object' && answer !== null && 'id' in answer ? String(answer.id) : '';
}
