import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { ConfigurationError, ownAuthor } from '#control-plane';
import { Log } from '#platform';
import { ProblemError } from '../http/problem.js';
import { readConfigurationDocument } from './config-document.js';
import { ConfigService } from './config.service.js';
import { readYaml } from './yaml.js';

/** The configuration document of `CONFIG_FILE`. */
@Injectable()
export class ConfigFile {
  private readonly log: Log;

  constructor(
    private readonly config: ConfigService,
    log: Log,
  ) {
    this.log = log.child({ component: 'config-file' });
  }

  /**
   * Makes the configuration what the file says; several processes may do so at once. A destination that events wait for
   * is neither deleted nor given another type: a gateway that does not start could not deliver them either. Rejects with
   * one message that lists every fault.
   */
  async apply(path: string): Promise<void> {
    try {
      const document = readConfigurationDocument(readYaml(await readFile(path, 'utf8')));
      const { difference, kept } = await this.config.apply(ownAuthor('config-file'), document, {
        dryRun: false,
        waiting: 'keep',
      });
      const { created, updated, deleted, unchanged, generated, paused } = difference;
      const counts = { created: created.length, updated: updated.length, deleted: deleted.length, kept: kept.size };
      this.log.info({ path, ...counts, unchanged: unchanged.length }, 'The configuration file holds');
      for (const [destinationId, waiting] of kept)
        this.log.warn(
          { destinationId, waiting },
          'Events wait for a destination that the configuration file deletes or gives another type: it goes on as it ' +
            'is, until a start that finds nothing waiting for it. DELETE it with ?discard=true to drop them',
        );
      for (const { kind, id, members } of generated)
        this.log.warn({ kind, id, members }, 'Generated what the configuration file does not give; rotate to see it');
      for (const { id, missing } of paused)
        this.log.warn({ destinationId: id, missing }, 'Events are held until these credentials are given');
    } catch (error) {
      throw new Error(`CONFIG_FILE ${path} cannot be applied:\n${faultsOf(error)}`, { cause: error });
    }
  }
}

function faultsOf(error: unknown): string {
  if (error instanceof ConfigurationError && error.fault.kind === 'invalid') {
    return error.fault.errors.map(({ pointer, message }) => `  - ${pointer || '/'}: ${message}`).join('\n');
  }
  if (error instanceof ProblemError) return `  - ${error.problem.detail}`;
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return `  - ${String(message)}`;
}
