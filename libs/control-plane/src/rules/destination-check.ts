import { Injectable } from '@nestjs/common';
import { ConnectorRegistry, type Connector, type ConnectorSettings } from '#destinations';
import { AddressPolicy } from '#platform';
import { invalid } from '../configuration.errors.js';
import { pointerTo, type PointedFault } from '../json-pointer.js';
import type { Destination, DestinationSettings } from '../model.js';
import { DialectCatalogue } from '../ports/dialect-catalogue.js';
import { resolveSettings } from '../store/snapshot-reader.js';
import { checkMatch, checkTransform } from './rules-check.js';
import { checkAgainstSchema, type SchemaFault } from './schema-check.js';

/** What must hold of a destination beyond its shape. Throws ConfigurationError with pointers. */
@Injectable()
export class DestinationCheck {
  constructor(
    private readonly connectors: ConnectorRegistry,
    private readonly dialects: DialectCatalogue,
    private readonly addresses: AddressPolicy,
  ) {}

  connector(type: string): Connector {
    const connector = this.connectors.get(type);
    if (connector) return connector;
    const types = this.connectors.all().map((known) => known.type);
    throw invalid([{ pointer: '/type', message: `must be one of ${types.join(', ')}` }]);
  }

  /** The credentials that are still to be given. Throws with everything else that is wrong. */
  assess(settings: DestinationSettings, credentials: ConnectorSettings['credentials']): readonly SchemaFault[] {
    const connector = this.connector(settings.type);
    const { missing, wrong } = sortFaults(connector, credentials);
    const faults = [
      ...checkConfig(connector, settings, credentials, this.addresses),
      ...wrong,
      ...(settings.match ? checkMatch(settings.match, this.dialects.names(), '/match') : []),
      ...(settings.transform ? checkTransform(settings.transform, connector, '/transform') : []),
      ...checkPace(connector, resolveSettings(settings, connector.defaults)),
    ];
    if (faults.length > 0) throw invalid(faults);
    return missing;
  }

  /** The members that are still to be given. Throws where those that are given are wrong. */
  missingCredentials(type: string, credentials: ConnectorSettings['credentials']): readonly SchemaFault[] {
    const { missing, wrong } = sortFaults(this.connector(type), credentials);
    if (wrong.length > 0) throw invalid(wrong);
    return missing;
  }
}

function sortFaults(
  { credentialsSchema }: Connector,
  credentials: ConnectorSettings['credentials'],
): { readonly missing: readonly SchemaFault[]; readonly wrong: readonly SchemaFault[] } {
  const faults = checkAgainstSchema(credentialsSchema, credentials, '/credentials');
  return {
    missing: faults.filter(({ missing }) => missing !== undefined),
    wrong: faults.filter(({ missing }) => missing === undefined),
  };
}

function checkConfig(
  connector: Connector,
  { config }: DestinationSettings,
  credentials: ConnectorSettings['credentials'],
  addresses: AddressPolicy,
): readonly PointedFault[] {
  const faults = checkAgainstSchema(connector.configSchema, config, '/config');
  if (faults.length > 0 || connector.transport !== 'http') return faults;
  const url = endpointOf(() => connector.endpoint({ config, credentials }));
  const reason = url === undefined ? 'must be an absolute URL' : addresses.checkUrl(url);
  if (reason === undefined) return [];
  // The member that the address was made from: it starts with the same text.
  const entry = Object.entries(config).find(
    ([, value]) => typeof value === 'string' && (url === undefined ? value.includes('/') : sameStart(url, value)),
  );
  return [{ pointer: entry ? pointerTo('/config', entry[0]) : '/config', message: reason }];
}

function endpointOf(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function sameStart(url: string, value: string): boolean {
  return value !== '' && (url.startsWith(value.replace(/\/+$/, '')) || value.startsWith(url));
}

/** `batch` never exceeds the vendor's own bounds. */
function checkPace(
  connector: Connector,
  { batch, retry }: Pick<Destination, 'batch' | 'retry'>,
): readonly PointedFault[] {
  const { maxEvents, maxBytes } = connector.limits;
  const faults: PointedFault[] = [];
  if (batch.maxEvents > maxEvents) {
    faults.push({
      pointer: '/batch/maxEvents',
      message: `must not be above ${maxEvents}, the limit of ${connector.type}`,
    });
  }
  if (batch.maxBytes > maxBytes) {
    faults.push({
      pointer: '/batch/maxBytes',
      message: `must not be above ${maxBytes}, the limit of ${connector.type}`,
    });
  }
  if (retry.minDelayMs > retry.maxDelayMs) {
    faults.push({ pointer: '/retry/minDelayMs', message: `must not be above maxDelayMs (${retry.maxDelayMs})` });
  }
  return faults;
}
