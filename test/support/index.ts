export { projectRoot } from './build.js';
export * from './gateway.js';
export * from './redis.js';
export * from './redis-cluster.js';
export * from './resources.js';
export * from './sink.js';
export * from './temp-dir.js';
export * from './tied-process.js';
export * from './until.js';
