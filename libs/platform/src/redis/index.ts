export * from './redis-connections.js';
export * from './script.js';
