import { Get, Param } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { isJsonObject } from '#canonical';
import { ConnectorRegistry, type Connector, type JsonSchema, type RateWindow } from '#destinations';
import { DialectRegistry, type ClientSettings, type Dialect } from '#dialects';
import { AdminController } from '../http/admin-controller.js';
import { Listed } from '../http/paged.js';
import type { ListAnswer } from '../http/paging.js';
import { notFound } from '../http/problem.js';
import { DestinationTypeDto, DialectDto } from './catalogue.dto.js';

interface DialectView {
  readonly name: string;
  readonly title: string;
  readonly credentialsSchema: JsonSchema;
  /** A request that works once every `<member>` is replaced by that member of the credentials. */
  readonly sample: ReturnType<Dialect['sample']>;
  /** `<baseUrl>` stands for the gateway's address as clients reach it, `<member>` for a credential. */
  readonly clients: readonly ClientSettings[];
  readonly routes: readonly {
    readonly method: string;
    readonly path: string;
    readonly summary: string;
    readonly maxBodyBytes: number;
    /** The vendor's documented limit, which holds unless the source has its own. */
    readonly rateLimit: readonly RateWindow[];
  }[];
}

type DestinationTypeView = Pick<
  Connector,
  'type' | 'title' | 'description' | 'configSchema' | 'credentialsSchema' | 'defaults' | 'limits'
>;

@AdminController('dialects', 'Catalogue')
export class DialectsController {
  constructor(private readonly dialects: DialectRegistry) {}

  @Get()
  @Listed('The dialects that sources may speak', DialectDto)
  list(): ListAnswer<DialectView> {
    return { data: this.dialects.all.map(viewDialect), nextCursor: null };
  }

  @Get(':name')
  @ApiOperation({ summary: 'One dialect' })
  @ApiResponse({ status: 200, description: 'Its routes and credentials.', type: DialectDto })
  read(@Param('name') name: string): DialectView {
    const dialect = this.dialects.get(name);
    if (!dialect) throw notFound(`There is no dialect "${name}".`);
    return viewDialect(dialect);
  }
}

@AdminController('destination-types', 'Catalogue')
export class DestinationTypesController {
  constructor(private readonly connectors: ConnectorRegistry) {}

  @Get()
  @Listed('The types that destinations may have', DestinationTypeDto)
  list(): ListAnswer<DestinationTypeView> {
    return { data: this.connectors.all().map(viewType), nextCursor: null };
  }

  @Get(':type')
  @ApiOperation({ summary: 'One destination type' })
  @ApiResponse({ status: 200, description: 'Its settings, credentials and limits.', type: DestinationTypeDto })
  read(@Param('type') type: string): DestinationTypeView {
    const connector = this.connectors.get(type);
    if (!connector) throw notFound(`There is no destination type "${type}".`);
    return viewType(connector);
  }
}

function viewDialect(dialect: Dialect): DialectView {
  const { name, title, credentials, routes } = dialect;
  const { properties } = credentials.schema;
  const members = isJsonObject(properties) ? Object.keys(properties) : [];
  return {
    name,
    title,
    credentialsSchema: credentials.schema,
    sample: dialect.sample(Object.fromEntries(members.map((member) => [member, `<${member}>`]))),
    clients: dialect.clients ?? [],
    routes: routes.map(({ method, path, summary, maxBodyBytes, rateLimit }) => ({
      method,
      path,
      summary,
      maxBodyBytes,
      rateLimit: rateLimit.windows,
    })),
  };
}

function viewType(connector: Connector): DestinationTypeView {
  const { type, title, description, configSchema, credentialsSchema, defaults, limits } = connector;
  return { type, title, description, configSchema, credentialsSchema, defaults, limits };
}
