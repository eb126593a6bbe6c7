export * from './intake/append-request.js';
export { IntakeService } from './intake/intake.service.js';
export { QueuedBudget } from './intake/queued-budget.js';
export { LeasedRequestLimiter } from './limits/request-limiter.js';
export { PipelineModule } from './pipeline.module.js';
export * from './rejections/rejection-store.js';
export * from './segment/event-decoder.js';
