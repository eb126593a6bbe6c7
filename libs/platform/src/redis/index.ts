export * from './redis-connections.js';
export * from './script.js';
export { assessRedis, type RedisAssessment } from './redis-guarantees.js';
