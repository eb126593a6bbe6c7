import type { LogConnector } from '../connector.js';

/** Needs nothing and reaches nobody: for trying things out. */
const log: LogConnector = {
  type: 'log',
  transport: 'log',
  title: 'Log',
  description: "Writes one line per event to the gateway's own log.",
  configSchema: { type: 'object', properties: {}, additionalProperties: false },
  credentialsSchema: { type: 'object', properties: {}, additionalProperties: false },
  limits: { maxEvents: 10_000, maxBytes: 16_000_000 },
  defaults: {
    batch: { maxEvents: 500, maxBytes: 1_000_000, maxWaitMs: 200 },
    rateLimit: [],
    retry: { maxAttempts: 20, maxAgeSeconds: 86_400, minDelayMs: 1_000, maxDelayMs: 3_600_000 },
    timeoutMs: 30_000,
    concurrency: 1,
  },
};

export default log;
