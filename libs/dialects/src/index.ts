export * from './dialect.js';
export * from './dialect-registry.js';
export * from './ports.js';
