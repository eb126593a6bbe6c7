export * from './environment.js';
export { logLevels, roles, type LogLevel, type Role } from './environment-variables.js';
export * from './secrets.js';
