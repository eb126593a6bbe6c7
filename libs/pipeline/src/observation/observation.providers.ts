import type { Provider } from '@nestjs/common';
import { Configuration } from '#control-plane';
import { ConnectorRegistry } from '#destinations';
import { Log, RedisConnections } from '#platform';
import { QueuedBudget } from '../intake/queued-budget.js';
import { DestinationStandings } from '../metrics/destination-standings.js';
import { RejectionList } from '../rejections/rejection-list.js';
import { RejectionStore } from '../rejections/rejection-store.js';
import { ReplayStore } from '../replay/replay.store.js';
import { SegmentStore } from '../segment/segment-store.js';
import { ContentIdFinder } from './content-ids/content-id-finder.js';
import { IdIndex } from './content-ids/id-index.js';
import { IdIndexer } from './content-ids/id-indexer.js';
import { DeliveryBrowser } from './delivery-browser.js';
import { EventBrowser } from './event-browser.js';
import { EventInspector } from './event-inspector.js';
import { EventTracer } from './event-tracer.js';
import { LiveTail } from './live-tail.js';
import { OverviewReader } from './overview.js';
import { ReplayedCopies } from './replayed-copies.js';
import { ThroughputHistory } from './throughput-history.js';

/** What shows people where events are. */
export const observationProviders: Provider[] = [
  {
    provide: EventBrowser,
    useFactory: (redis: RedisConnections, segments: SegmentStore) => new EventBrowser(redis, segments),
    inject: [RedisConnections, SegmentStore],
  },
  {
    provide: RejectionList,
    useFactory: (redis: RedisConnections, store: RejectionStore) => new RejectionList(redis, store),
    inject: [RedisConnections, RejectionStore],
  },
  {
    provide: LiveTail,
    useFactory: (redis: RedisConnections, segments: SegmentStore, log: Log) =>
      new LiveTail(redis, segments, log.child({ component: 'live-tail' })),
    inject: [RedisConnections, SegmentStore, Log],
  },
  {
    provide: DestinationStandings,
    useFactory: (redis: RedisConnections, configuration: Configuration) =>
      new DestinationStandings(redis, configuration),
    inject: [RedisConnections, Configuration],
  },
  {
    provide: OverviewReader,
    useFactory: (
      redis: RedisConnections,
      configuration: Configuration,
      budget: QueuedBudget,
      standings: DestinationStandings,
    ) => new OverviewReader(redis, configuration, budget, standings),
    inject: [RedisConnections, Configuration, QueuedBudget, DestinationStandings],
  },
  {
    provide: ThroughputHistory,
    useFactory: (reader: OverviewReader, log: Log) =>
      new ThroughputHistory(reader, log.child({ component: 'overview' })),
    inject: [OverviewReader, Log],
  },
  {
    provide: EventTracer,
    useFactory: (
      redis: RedisConnections,
      configuration: Configuration,
      connectors: ConnectorRegistry,
      segments: SegmentStore,
      replays: ReplayStore,
    ) => {
      const finder = new ContentIdFinder(redis, segments, new IdIndex(redis));
      const copies = new ReplayedCopies(replays, segments);
      return new EventTracer(redis, configuration, connectors, segments, finder, copies);
    },
    inject: [RedisConnections, Configuration, ConnectorRegistry, SegmentStore, ReplayStore],
  },
  {
    provide: IdIndexer,
    useFactory: (redis: RedisConnections, segments: SegmentStore, log: Log) =>
      new IdIndexer(redis, segments, new IdIndex(redis), log.child({ component: 'id-index' })),
    inject: [RedisConnections, SegmentStore, Log],
  },
  {
    provide: DeliveryBrowser,
    useFactory: (redis: RedisConnections, configuration: Configuration) => new DeliveryBrowser(redis, configuration),
    inject: [RedisConnections, Configuration],
  },
  {
    provide: EventInspector,
    useFactory: (
      tracer: EventTracer,
      segments: SegmentStore,
      configuration: Configuration,
      connectors: ConnectorRegistry,
    ) => new EventInspector(tracer, segments, configuration, connectors),
    inject: [EventTracer, SegmentStore, Configuration, ConnectorRegistry],
  },
];
