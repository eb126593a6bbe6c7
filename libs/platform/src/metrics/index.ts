export * from './metrics.js';
export type { Gauge } from 'prom-client';
