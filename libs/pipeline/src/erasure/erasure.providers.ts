import type { Provider } from '@nestjs/common';
import { Configuration } from '#control-plane';
import { Environment, Log, RedisConnections } from '#platform';
import { QueuedBudget } from '../intake/queued-budget.js';
import { Repacker } from '../repack/repacker.js';
import { SegmentRepacker } from '../repack/segment-repacker.js';
import { EventDecoder } from '../segment/event-decoder.js';
import { ErasureRunner } from './erasure-runner.js';
import { ErasureStore } from './erasure.store.js';
import { ErasuresService } from './erasures.service.js';
import { ListEraser } from './list-eraser.js';
import { SegmentEraser } from './segment-eraser.js';

/** What writes stored segments anew: erasures and repacking. */
export const rewritingProviders: Provider[] = [
  {
    provide: ErasureStore,
    useFactory: (redis: RedisConnections) => new ErasureStore(redis),
    inject: [RedisConnections],
  },
  {
    provide: Repacker,
    useFactory: (
      redis: RedisConnections,
      configuration: Configuration,
      budget: QueuedBudget,
      decoder: EventDecoder,
      { repackMinAgeSeconds }: Environment,
      log: Log,
    ) => {
      const segments = new SegmentRepacker(redis, decoder);
      const minAgeMs = repackMinAgeSeconds * 1_000;
      return new Repacker(redis, configuration, budget, segments, log.child({ component: 'repack' }), minAgeMs);
    },
    inject: [RedisConnections, Configuration, QueuedBudget, EventDecoder, Environment, Log],
  },
  {
    provide: ErasureRunner,
    useFactory: (
      redis: RedisConnections,
      store: ErasureStore,
      decoder: EventDecoder,
      configuration: Configuration,
      log: Log,
    ) => {
      const ownLog = log.child({ component: 'erasure' });
      const segments = new SegmentEraser(redis, decoder, ownLog);
      const lists = new ListEraser(redis);
      return new ErasureRunner(redis, store, segments, lists, () => configuration.destinationIds(), ownLog);
    },
    inject: [RedisConnections, ErasureStore, EventDecoder, Configuration, Log],
  },
  {
    provide: ErasuresService,
    useFactory: (redis: RedisConnections, store: ErasureStore, configuration: Configuration) =>
      new ErasuresService(redis, store, configuration),
    inject: [RedisConnections, ErasureStore, Configuration],
  },
];
