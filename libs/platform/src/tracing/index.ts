export * from './tracing.js';
export { openTracing } from './open-telemetry.js';
