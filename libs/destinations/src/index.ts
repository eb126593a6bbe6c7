export * from './connector.js';
export * from './connector-registry.js';
export * from './interpret-status.js';
