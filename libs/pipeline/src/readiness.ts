import { ReadinessCheck } from '#platform';
import type { DeliveryEngine } from './delivery/delivery-engine.js';
import type { QueuedBudget } from './intake/queued-budget.js';
import type { RedisPulse } from './redis-pulse.js';

export class RedisReadiness extends ReadinessCheck {
  readonly name = 'redis';

  constructor(private readonly pulse: RedisPulse) {
    super();
  }

  /** Whoever asks gets no yesterday's answer: a Redis that hangs is found out by its silence. */
  async check(): Promise<readonly string[]> {
    const reason = await this.pulse.verify();
    return reason === undefined ? [] : [reason];
  }
}

export class BudgetReadiness extends ReadinessCheck {
  readonly name = 'queued_bytes';

  constructor(private readonly budget: QueuedBudget) {
    super();
  }

  check(): readonly string[] {
    return this.budget.reasons();
  }
}

export class DeliveryReadiness extends ReadinessCheck {
  readonly name = 'delivery';

  constructor(private readonly engine: DeliveryEngine) {
    super();
  }

  check(): readonly string[] {
    return this.engine.isRunning ? [] : ['the queues are not running'];
  }
}
