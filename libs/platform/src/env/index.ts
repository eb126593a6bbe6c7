export * from './environment.js';
export { LOG_LEVELS, ROLES, type LogLevel, type Role } from './environment-variables.js';
export * from './secrets.js';
