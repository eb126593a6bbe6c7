import { Body, Get, Headers, Put, Query, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiProduces, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { isJsonObject } from '#canonical';
import type { Author } from '#control-plane';
import { AdminRoute } from '../http/admin-route.js';
import { AdminController } from '../http/admin-controller.js';
import { CalledBy } from '../http/caller.js';
import { readFlag } from '../http/flag.js';
import { isYaml, JSON_TYPE, prefersYaml, YAML_TYPES } from '../http/media-types.js';
import { problem, ProblemError } from '../http/problem.js';
import { readConfigurationDocument } from './config-document.js';
import { ConfigDto, DifferenceDto } from './config.dto.js';
import { ConfigService, type ConfigurationView } from './config.service.js';
import type { DifferenceView } from './difference.view.js';
import type { WaitingChoice } from './waiting-destinations.js';
import { MalformedYamlError, readYaml, writeYaml } from './yaml.js';

/** Some ten thousand entries. */
const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

@AdminController('config', 'Configuration as a document')
export class ConfigController {
  constructor(private readonly config: ConfigService) {}

  @Get()
  @ApiOperation({ summary: 'All sources and destinations as one document', description: 'Credentials are masked.' })
  @ApiProduces(JSON_TYPE, YAML_TYPES[0])
  @ApiResponse({ status: 200, description: 'May be applied as it is.', type: ConfigDto })
  async export(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConfigurationView | string> {
    return inWords(await this.config.export(), accept, reply);
  }

  @Put()
  @AdminRoute({
    body: { mediaTypes: [JSON_TYPE, ...YAML_TYPES], maxBytes: MAX_DOCUMENT_BYTES },
    changesNothing: ({ query }) => isJsonObject(query) && query.dryRun === 'true',
  })
  @ApiOperation({
    summary: 'Make the configuration what the document says',
    description:
      'In one write; what the document does not name is deleted. Applying it again changes nothing. A credential that ' +
      'reads `{"set": true}` keeps what is stored; one that reads `${NAME}` is taken from the environment of the gateway.',
  })
  @ApiConsumes(JSON_TYPE, YAML_TYPES[0])
  @ApiProduces(JSON_TYPE, YAML_TYPES[0])
  @ApiBody({ type: ConfigDto })
  @ApiQuery({ name: 'dryRun', required: false, type: Boolean, description: 'Only tell the difference.' })
  @ApiQuery({
    name: 'discard',
    required: false,
    type: Boolean,
    description: 'Drop the events that wait for destinations which are deleted; otherwise 409 with their number.',
  })
  @ApiResponse({ status: 200, description: 'What has changed, or would.', type: DifferenceDto })
  async apply(
    @CalledBy() author: Author,
    @Body() body: unknown,
    @Headers('content-type') contentType: string | undefined,
    @Headers('accept') accept: string | undefined,
    @Query('dryRun') dryRun: string | undefined,
    @Query('discard') discard: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DifferenceView | string> {
    const waiting: WaitingChoice = readFlag(discard, '/discard') ? 'discard' : 'refuse';
    const choices = { dryRun: readFlag(dryRun, '/dryRun'), waiting };
    const document = readConfigurationDocument(isYaml(contentType) ? yamlOf(body) : body);
    const { difference } = await this.config.apply(author, document, choices);
    return inWords(difference, accept, reply);
  }
}

function yamlOf(body: unknown): unknown {
  try {
    return readYaml(String(body));
  } catch (error) {
    if (!(error instanceof MalformedYamlError)) throw error;
    throw new ProblemError(problem(400, 'malformed_yaml', error.message));
  }
}

function inWords<T>(value: T, accept: string | undefined, reply: FastifyReply): T | string {
  void reply.header('vary', 'accept');
  if (!prefersYaml(accept)) return value;
  void reply.type(`${YAML_TYPES[0]}; charset=utf-8`);
  return writeYaml(value);
}
