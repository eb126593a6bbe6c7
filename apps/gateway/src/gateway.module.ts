import { Global, Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { AdminModule } from '#admin';
import { Configuration, ControlPlaneModule, DialectCatalogue } from '#control-plane';
import { ConnectorRegistry } from '#destinations';
import { DialectRegistry, IngestModule } from '#dialects';
import { EventDecoder, IntakeService, LeasedRequestLimiter, PipelineModule, RejectionStore } from '#pipeline';
import {
  AddressPolicy,
  Environment,
  EnvironmentReferences,
  Log,
  Metrics,
  OutgoingHttp,
  processReferences,
  Readiness,
  RedisConnections,
  Secrets,
  Tracing,
} from '#platform';
import { RegisteredDialects } from './bindings/dialect-catalogue.js';
import {
  ConfiguredSources,
  DialectDecoder,
  IngestMetrics,
  PipelineIntake,
  PipelineLimiter,
  PipelineRejections,
} from './bindings/ingest-ports.js';
import type { Foundation } from './foundation.js';
import { HealthController } from './health/health.controller.js';
import { MetricsController } from './health/metrics.controller.js';
import { WelcomeController } from './welcome/welcome.controller.js';

type ModuleImports = NonNullable<ModuleMetadata['imports']>;

@Global()
@Module({})
export class FoundationModule {
  static of(foundation: Foundation): DynamicModule {
    const addresses = new AddressPolicy(foundation.environment.destinationAllowedCidrs);
    const providers = [
      { provide: Environment, useValue: foundation.environment },
      { provide: EnvironmentReferences, useFactory: () => processReferences() },
      { provide: Secrets, useValue: foundation.secrets },
      { provide: Log, useValue: foundation.log },
      { provide: Metrics, useValue: foundation.metrics },
      { provide: Tracing, useValue: foundation.tracing },
      { provide: Readiness, useValue: foundation.readiness },
      { provide: RedisConnections, useValue: foundation.redis },
      { provide: DialectRegistry, useValue: foundation.dialects },
      { provide: ConnectorRegistry, useValue: foundation.connectors },
      { provide: AddressPolicy, useValue: addresses },
      { provide: OutgoingHttp, useFactory: () => new OutgoingHttp(addresses) },
      { provide: DialectCatalogue, useValue: new RegisteredDialects(foundation.dialects) },
      { provide: EventDecoder, useValue: new DialectDecoder(foundation.dialects) },
    ];
    return { module: FoundationModule, providers, exports: providers };
  }
}

@Module({})
export class GatewayModule {
  static of(foundation: Foundation): DynamicModule {
    return {
      module: GatewayModule,
      imports: [FoundationModule.of(foundation), ...modulesFor(foundation)],
      controllers: [HealthController, MetricsController, WelcomeController],
    };
  }
}

/** What a role runs beyond health, metrics and `/`. */
function modulesFor(foundation: Foundation): ModuleImports {
  const common: ModuleImports = [ControlPlaneModule.forRoot(), PipelineModule.forRoot()];
  switch (foundation.environment.role) {
    case 'all':
    case 'api':
      return [...common, ingest(foundation), AdminModule.forRoot()];
    case 'worker':
      return common;
  }
}

function ingest({ dialects, metrics, tracing, log }: Foundation): DynamicModule {
  return IngestModule.forRoot({
    dialects,
    sources: {
      useFactory: (configuration: Configuration) => new ConfiguredSources(configuration),
      inject: [Configuration],
    },
    intake: { useFactory: (intake: IntakeService) => new PipelineIntake(intake, tracing), inject: [IntakeService] },
    rejections: { useFactory: (store: RejectionStore) => new PipelineRejections(store), inject: [RejectionStore] },
    limiter: {
      useFactory: (limiter: LeasedRequestLimiter) => new PipelineLimiter(limiter),
      inject: [LeasedRequestLimiter],
    },
    observer: { useValue: new IngestMetrics(metrics, log.child({ component: 'ingest' })) },
  });
}
