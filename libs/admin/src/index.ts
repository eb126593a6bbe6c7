export * from './admin.module.js';
export { ConfigFile } from './config/config-file.js';
export * from './openapi/openapi.js';
