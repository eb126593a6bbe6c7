export * from './embedded-redis/index.js';
export * from './redis/index.js';
export * from './env/index.js';
export * from './health/index.js';
export * from './log/index.js';
export * from './metrics/index.js';
export * from './outgoing-http/index.js';
export * from './tracing/index.js';
