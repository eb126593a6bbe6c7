export * from './address-policy.js';
export type { FailureCode } from './failure.js';
export * from './outgoing-http.js';
export * from './redaction.js';
