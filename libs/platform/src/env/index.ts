export { Environment, EnvironmentError, processEnvironment, readEnvironment } from './environment.js';
export * from './environment-references.js';
export { LOG_LEVELS, ROLES, type LogLevel, type Role } from './environment-variables.js';
export * from './secrets.js';
