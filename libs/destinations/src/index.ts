export * from './connector.js';
export * from './connector-registry.js';
export * from './connector-scan.js';
export * from './interpret-status.js';
export * from './rate-limit-headers.js';
