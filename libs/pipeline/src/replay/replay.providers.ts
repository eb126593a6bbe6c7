import type { Provider } from '@nestjs/common';
import { Configuration } from '#control-plane';
import { Log, RedisConnections } from '#platform';
import { RouteWakeup } from '../route-wakeup.js';
import { SegmentStore } from '../segment/segment-store.js';
import { ReplayRunner } from './replay-runner.js';
import { ReplaySelection } from './replay-selection.js';
import { ReplayStore } from './replay.store.js';
import { ReplaysService } from './replays.service.js';

/** What puts events back. */
export const replayProviders: Provider[] = [
  {
    provide: ReplayStore,
    useFactory: (redis: RedisConnections) => new ReplayStore(redis),
    inject: [RedisConnections],
  },
  {
    provide: ReplayRunner,
    useFactory: (
      redis: RedisConnections,
      store: ReplayStore,
      segments: SegmentStore,
      configuration: Configuration,
      wakeup: RouteWakeup,
      log: Log,
    ) => {
      const selection = new ReplaySelection(redis, segments);
      return new ReplayRunner(redis, store, selection, configuration, wakeup, log.child({ component: 'replay' }));
    },
    inject: [RedisConnections, ReplayStore, SegmentStore, Configuration, RouteWakeup, Log],
  },
  {
    provide: ReplaysService,
    useFactory: (redis: RedisConnections, store: ReplayStore, runner: ReplayRunner, configuration: Configuration) =>
      new ReplaysService(redis, store, runner, configuration),
    inject: [RedisConnections, ReplayStore, ReplayRunner, Configuration],
  },
];
