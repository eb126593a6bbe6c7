export * from './redis-connections.js';
export * from './script.js';
export { isRedisAway } from './redis-away.js';
export { assessRedis, type RedisAssessment } from './redis-guarantees.js';
