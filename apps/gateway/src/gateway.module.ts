import { Global, Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { Environment, Log, Metrics, Readiness, RedisConnections, Secrets, type Role } from '#platform';
import type { Foundation } from './foundation.js';
import { HealthController } from './health/health.controller.js';
import { MetricsController } from './health/metrics.controller.js';
import { FrameworkFaults } from './http/framework-faults.js';
import { WelcomeController } from './welcome/welcome.controller.js';

type ModuleImports = NonNullable<ModuleMetadata['imports']>;

@Global()
@Module({})
export class FoundationModule {
  static of(foundation: Foundation): DynamicModule {
    const providers = [
      { provide: Environment, useValue: foundation.environment },
      { provide: Secrets, useValue: foundation.secrets },
      { provide: Log, useValue: foundation.log },
      { provide: Metrics, useValue: foundation.metrics },
      { provide: Readiness, useValue: foundation.readiness },
      { provide: RedisConnections, useValue: foundation.redis },
      { provide: FrameworkFaults, useValue: foundation.faults },
    ];
    return { module: FoundationModule, providers, exports: providers };
  }
}

@Module({})
export class GatewayModule {
  static of(foundation: Foundation): DynamicModule {
    return {
      module: GatewayModule,
      imports: [FoundationModule.of(foundation), ...modulesFor(foundation.environment.role)],
      controllers: [HealthController, MetricsController, WelcomeController],
    };
  }
}

/** What a role runs beyond health, metrics and `/`. */
function modulesFor(role: Role): ModuleImports {
  const api: ModuleImports = [];
  const worker: ModuleImports = [];
  switch (role) {
    case 'all':
      return [...api, ...worker];
    case 'api':
      return api;
    case 'worker':
      return worker;
  }
}
