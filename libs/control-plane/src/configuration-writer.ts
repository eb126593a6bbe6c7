import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Author } from './audit/author.js';
import { ConfigurationError } from './configuration.errors.js';
import { ConfigurationService, type Plan } from './configuration.service.js';
import type { Snapshot } from './store/snapshot.js';

const MAX_ROUNDS = 30;
const MAX_PAUSE_MS = 30;

/** Changes the configuration so that every decision rests on the state it is written to, whoever else writes. */
@Injectable()
export class ConfigurationWriter {
  constructor(private readonly configuration: ConfigurationService) {}

  /** `decide` may run several times. What it throws ends the change; throws `busy` after too many collisions. */
  async change<T>(author: Author, decide: (snapshot: Snapshot) => Plan<T>): Promise<T> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const written = await this.configuration.write(author, decide);
      if (written) return written.result;
      await sleep(Math.random() * MAX_PAUSE_MS);
    }
    throw new ConfigurationError({ kind: 'busy' });
  }
}
