import { Module, type DynamicModule, type ModuleMetadata, type NestModule } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { MeController, TokensController } from './access/tokens.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { DestinationTypesController, DialectsController } from './catalogue/catalogue.controller.js';
import { ConfigController } from './config/config.controller.js';
import { ConfigFile } from './config/config-file.js';
import { ConfigService } from './config/config.service.js';
import { DeadLetterGroupsController } from './dead-letters/dead-letter-groups.controller.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { Discarding } from './destinations/discarding.js';
import { DestinationsController } from './destinations/destinations.controller.js';
import { ErasuresController } from './erasures/erasures.controller.js';
import { AdminCallers } from './http/admin-callers.js';
import { AdminPaths } from './http/admin-paths.js';
import { DeliveriesController } from './observation/deliveries.controller.js';
import { EventStreamController } from './observation/event-stream.controller.js';
import { EventStreams } from './observation/event-streams.js';
import { EventsController } from './observation/events.controller.js';
import { OverviewController } from './observation/overview.controller.js';
import { RejectionsController } from './observation/rejections.controller.js';
import { DestinationTestController, PreviewController } from './preview/preview.controller.js';
import { PreviewService } from './preview/preview.service.js';
import { ReplaysController } from './replays/replays.controller.js';
import { SourcesController } from './sources/sources.controller.js';

export interface AdminBindings {
  /**
   * Modules that export what is needed from outside: DeliveryOperations, DialectRegistry, ConnectorRegistry, and Secrets
   * and Log of the platform. Global modules (the control plane is one) need not be listed.
   */
  readonly imports?: ModuleMetadata['imports'];
}

/** `/admin/v1`. Needs the Fastify adapter. */
@Module({})
export class AdminModule implements NestModule {
  constructor(
    private readonly host: HttpAdapterHost<FastifyAdapter>,
    private readonly paths: AdminPaths,
  ) {}

  static forRoot({ imports = [] }: AdminBindings = {}): DynamicModule {
    return {
      module: AdminModule,
      imports: [...imports],
      controllers: [
        SourcesController,
        DestinationsController,
        DestinationTestController,
        ConfigController,
        DeadLettersController,
        DeadLetterGroupsController,
        PreviewController,
        EventStreamController,
        OverviewController,
        EventsController,
        DeliveriesController,
        RejectionsController,
        ReplaysController,
        ErasuresController,
        AuditController,
        TokensController,
        MeController,
        DialectsController,
        DestinationTypesController,
      ],
      providers: [PreviewService, AdminCallers, AdminPaths, Discarding, ConfigService, ConfigFile, EventStreams],
    };
  }

  /** Nest calls this before it registers any route. */
  configure(): void {
    this.paths.install(this.host.httpAdapter.getInstance());
  }
}
