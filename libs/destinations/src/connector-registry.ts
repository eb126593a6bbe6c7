import { Ajv2020 } from 'ajv/dist/2020.js';
import { messageOf } from '#platform';
import type { Connector } from './connector.js';
import { scanConnectors } from './connector-scan.js';

/** One for all: each compiles the schema of schemas first, which takes longer than all of theirs. */
const ajv = new Ajv2020({ strict: true, allErrors: true, addUsedSchema: false });

/**
 * Every destination type of this program. Building it checks each connector, so that a faulty one stops the start
 * rather than a delivery.
 */
export class ConnectorRegistry {
  private readonly byType: ReadonlyMap<string, Connector>;

  /** @throws Error listing every fault, and what to write where. */
  constructor(connectors: readonly Connector[]) {
    const faults = [...duplicates(connectors), ...connectors.flatMap(checkConnector)];
    if (faults.length > 0)
      throw new Error(`Connectors cannot be used:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
    this.byType = new Map(connectors.map((connector) => [connector.type, connector]));
  }

  /** The connectors beside this file, and those that the program brings along. */
  static async load(extra: readonly Connector[] = []): Promise<ConnectorRegistry> {
    return new ConnectorRegistry([...(await scanConnectors(new URL('./', import.meta.url))), ...extra]);
  }

  get(type: string): Connector | undefined {
    return this.byType.get(type);
  }

  /** In the order of their types. */
  all(): readonly Connector[] {
    return [...this.byType.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
  }
}

function duplicates(connectors: readonly Connector[]): readonly string[] {
  const types = connectors.map(({ type }) => type);
  const repeated = new Set(types.filter((type, index) => types.indexOf(type) !== index));
  return [...repeated].map((type) => `${type}: two connectors have this type; rename one of them and its folder`);
}

function checkConnector(connector: Connector): readonly string[] {
  const faults = [
    ...checkSchema(connector.configSchema, 'configSchema'),
    ...checkSchema(connector.credentialsSchema, 'credentialsSchema'),
    ...checkBounds(connector),
  ];
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(connector.type)) faults.push('type: use lower-case letters, digits and hyphens');
  return faults.map((fault) => `${connector.type}.connector.ts: ${fault}`);
}

function checkSchema(schema: Connector['configSchema'], member: string): readonly string[] {
  if (schema.type !== 'object') return [`${member}: write a JSON Schema with "type": "object"`];
  try {
    ajv.compile(schema);
    return [];
  } catch (error) {
    return [`${member}: is no valid JSON Schema (draft 2020-12): ${messageOf(error)}`];
  }
}

function checkBounds({ defaults, limits }: Connector): readonly string[] {
  const { batch, retry, rateLimit, timeoutMs, concurrency } = defaults;
  const atLeastOne: Readonly<Record<string, number>> = {
    'limits.maxEvents': limits.maxEvents,
    'limits.maxBytes': limits.maxBytes,
    'defaults.batch.maxEvents': batch.maxEvents,
    'defaults.batch.maxBytes': batch.maxBytes,
    'defaults.retry.maxAttempts': retry.maxAttempts,
    'defaults.retry.maxAgeSeconds': retry.maxAgeSeconds,
    'defaults.timeoutMs': timeoutMs,
    'defaults.concurrency': concurrency,
  };
  const faults = Object.entries(atLeastOne)
    .filter(([, value]) => !Number.isInteger(value) || value < 1)
    .map(([member, value]) => `${member} is ${value}: write a whole number of at least 1`);
  for (const member of ['maxEvents', 'maxBytes'] as const) {
    if (batch[member] <= limits[member]) continue;
    faults.push(
      `defaults.batch.${member} is ${batch[member]}, above limits.${member} (${limits[member]}): lower the default`,
    );
  }
  if (retry.minDelayMs > retry.maxDelayMs) faults.push('defaults.retry.minDelayMs is above maxDelayMs: lower it');
  if (rateLimit.some((window) => !(window.requests >= 1 && window.perSeconds > 0))) {
    faults.push('defaults.rateLimit: every window needs at least 1 request and a time above 0 seconds');
  }
  return faults;
}
