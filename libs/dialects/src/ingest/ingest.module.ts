import {
  Module,
  type DynamicModule,
  type InjectionToken,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import { DialectRegistry } from '../dialect-registry.js';
import { IngestObserver, Intake, RejectionLog, RequestLimiter, SourceDirectory } from '../ports.js';
import { MAX_IN_FLIGHT_BYTES } from './in-flight-budget.js';
import { INGEST_SETTINGS, IngestServer, type IngestSettings } from './ingest.server.js';
import { requestIds } from './request-ids.js';

/** How the application binds a port: like a Nest provider without `provide`. */
export type PortBinding<Port> =
  | { readonly useValue: Port }
  | { readonly useClass: Type<Port> }
  | { readonly useExisting: InjectionToken<Port> }
  | { readonly useFactory: (...dependencies: never[]) => Port | Promise<Port>; readonly inject?: InjectionToken[] };

export interface IngestModuleOptions {
  readonly dialects: DialectRegistry;
  /** Modules that export what the bindings refer to. */
  readonly imports?: ModuleMetadata['imports'];
  readonly sources: PortBinding<SourceDirectory>;
  readonly intake: PortBinding<Intake>;
  readonly rejections: PortBinding<RejectionLog>;
  readonly limiter: PortBinding<RequestLimiter>;
  readonly observer: PortBinding<IngestObserver>;
  readonly settings?: Partial<IngestSettings>;
}

const DEFAULT_SETTINGS: IngestSettings = {
  maxInFlightBytes: MAX_IN_FLIGHT_BYTES,
  clock: Date.now,
  newRequestId: requestIds(),
};

/**
 * Ingest of all dialects. After creating the application and before `app.init`, the app calls
 * `app.get(IngestServer).register(fastify)`.
 */
@Module({})
export class IngestModule {
  static forRoot(options: IngestModuleOptions): DynamicModule {
    const settings: IngestSettings = { ...DEFAULT_SETTINGS, ...options.settings };
    return {
      module: IngestModule,
      imports: options.imports ?? [],
      providers: [
        { provide: DialectRegistry, useValue: options.dialects },
        bind(SourceDirectory, options.sources),
        bind(Intake, options.intake),
        bind(RejectionLog, options.rejections),
        bind(RequestLimiter, options.limiter),
        bind(IngestObserver, options.observer),
        { provide: INGEST_SETTINGS, useValue: settings },
        IngestServer,
      ],
      exports: [IngestServer, DialectRegistry],
    };
  }
}

function bind<Port>(provide: InjectionToken<Port>, binding: PortBinding<Port>): Provider {
  return { provide, ...binding } as Provider;
}
