import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { Secrets } from '#platform';
import { AdminTokensService } from './access/admin-tokens.service.js';
import { AuditLog } from './audit/audit-log.js';
import { ConfigurationService } from './configuration.service.js';
import { ConfigurationWriter } from './configuration-writer.js';
import { CredentialCipher } from './credentials/credential-cipher.js';
import { CredentialResealing } from './credentials/credential-resealing.js';
import { EncryptionKeyCheck } from './credentials/encryption-key-check.js';
import { DemoConfiguration } from './demo-configuration.js';
import { ConfigurationDocuments } from './document/configuration-documents.js';
import { DocumentPlanner } from './document/document-planner.js';
import { DestinationsService } from './destinations.service.js';
import { Configuration } from './model.js';
import { DestinationCheck } from './rules/destination-check.js';
import { SourceCheck } from './rules/source-check.js';
import { SourcesService } from './sources.service.js';
import { ConfigurationStore } from './store/configuration.store.js';
import { DeletedDestinations } from './store/deleted-destinations.js';
import { SnapshotReader } from './store/snapshot-reader.js';

export interface ControlPlaneBindings {
  /**
   * Modules that export what is needed from outside: RedisConnections, Secrets, AddressPolicy, Log, Readiness and
   * EnvironmentReferences of the platform, the ConnectorRegistry, and the DialectCatalogue. Global modules need not be listed.
   */
  readonly imports?: ModuleMetadata['imports'];
}

/** What admins configure. Global: every part of the gateway reads `Configuration`. */
@Module({})
export class ControlPlaneModule {
  static forRoot({ imports = [] }: ControlPlaneBindings = {}): DynamicModule {
    return {
      module: ControlPlaneModule,
      global: true,
      imports: [...imports],
      providers: [
        {
          provide: CredentialCipher,
          useFactory: (secrets: Secrets) => new CredentialCipher(secrets.encryptionKey, secrets.previousEncryptionKeys),
          inject: [Secrets],
        },
        { provide: Configuration, useExisting: ConfigurationService },
        AuditLog,
        AdminTokensService,
        ConfigurationStore,
        DeletedDestinations,
        SnapshotReader,
        EncryptionKeyCheck,
        CredentialResealing,
        ConfigurationService,
        ConfigurationWriter,
        SourceCheck,
        DestinationCheck,
        SourcesService,
        DestinationsService,
        DemoConfiguration,
        DocumentPlanner,
        ConfigurationDocuments,
      ],
      exports: [
        AuditLog,
        AdminTokensService,
        Configuration,
        DeletedDestinations,
        SourcesService,
        DestinationsService,
        DemoConfiguration,
        ConfigurationDocuments,
      ],
    };
  }
}
