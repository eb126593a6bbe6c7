export * from './admin.module.js';
export { RegistryDialectCatalogue } from './catalogue/registry-dialect-catalogue.js';
export * from './openapi/openapi.js';
