import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import {
  assertId,
  SourcesService,
  type Author,
  type StoredSource,
  type WriteCondition,
  type Written,
} from '#control-plane';
import { AdminController } from '../http/admin-controller.js';
import { CalledBy } from '../http/caller.js';
import { Condition, Conditional, isKnownState, tagAnswer } from '../http/conditions.js';
import { readDocument, readObject } from '../http/document.js';
import { pageOf, type ListAnswer, type PageQuery } from '../http/paging.js';
import { Paged } from '../http/paged.js';
import { patchUntilWritten } from '../http/patch.js';
import { SourceDto, SourceRotationDto } from './source.dto.js';
import { patchSourceDraft, readRotation, readSourceDraft, viewSource, type SourceView } from './source.view.js';

const PATH = '/admin/v1/sources';

@AdminController('sources', 'Sources')
export class SourcesController {
  constructor(private readonly sources: SourcesService) {}

  @Get()
  @Paged('Who may send', SourceDto)
  async list(@Query() query: PageQuery): Promise<ListAnswer<SourceView>> {
    const { items, nextCursor } = pageOf(await this.sources.list(), ({ source }) => source.id, query);
    return { data: items.map((stored) => viewSource(stored)), nextCursor };
  }

  @Post()
  @ApiOperation({
    summary: 'Create a source',
    description: 'Credentials that are not given are generated and shown once.',
  })
  @ApiBody({ type: SourceDto })
  @ApiResponse({ status: 201, description: 'Created; `Location` says where.', type: SourceDto })
  async create(
    @CalledBy() author: Author,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SourceView> {
    const { id, draft } = readSourceDraft(body);
    return answer(reply, await this.sources.create(author, draft, id));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read a source' })
  @ApiResponse({ status: 200, description: 'The source, its credentials masked.', type: SourceDto })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'An `ETag` that is known already.' })
  @ApiResponse({ status: 304, description: 'It is still what the caller knows.' })
  async read(
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SourceView | undefined> {
    const stored = await this.sources.get(id);
    return isKnownState(reply, stored.etag) ? undefined : viewSource(stored);
  }

  @Put(':id')
  @Conditional()
  @ApiOperation({
    summary: 'Create or replace a source',
    description: 'Credentials that are not named stay as they are.',
  })
  @ApiBody({ type: SourceDto })
  @ApiResponse({ status: 200, description: 'Replaced.', type: SourceDto })
  @ApiResponse({ status: 201, description: 'Created; `Location` says where.', type: SourceDto })
  async put(
    @CalledBy() author: Author,
    @Param('id') id: string,
    @Body() body: unknown,
    @Condition() condition: WriteCondition,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SourceView> {
    assertId(id);
    const { draft } = readSourceDraft(body, id);
    return answer(reply, await this.sources.put(author, id, draft, condition));
  }

  @Patch(':id')
  @Conditional()
  @ApiOperation({ summary: 'Change a source', description: 'JSON merge patch (RFC 7396): null removes.' })
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiBody({ type: SourceDto, required: true })
  @ApiResponse({ status: 200, description: 'Changed.', type: SourceDto })
  async patch(
    @CalledBy() author: Author,
    @Param('id') id: string,
    @Body() body: unknown,
    @Condition() condition: WriteCondition,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SourceView> {
    const patch = readObject(body);
    const written = await patchUntilWritten(
      () => this.sources.get(id),
      (stored, exact) => this.sources.put(author, id, patchSourceDraft(stored, patch), exact),
      condition,
    );
    return answer(reply, written);
  }

  @Delete(':id')
  @Conditional()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove a source',
    description: 'Its credentials stop working; events already accepted go on.',
  })
  async remove(
    @CalledBy() author: Author,
    @Param('id') id: string,
    @Condition() condition: WriteCondition,
  ): Promise<void> {
    await this.sources.remove(author, id, condition);
  }

  @Post(':id/rotate')
  @Conditional()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Replace the credentials of a source',
    description:
      'New ones are generated, or taken over if given; the present ones stay good for `overlapSeconds`. Without it, or ' +
      'with 0, they and all that still retire end at once.',
  })
  @ApiBody({ type: SourceRotationDto, required: false })
  @ApiResponse({ status: 200, description: 'The source with its new credentials, shown this once.', type: SourceDto })
  async rotate(
    @CalledBy() author: Author,
    @Param('id') id: string,
    @Body() body: unknown,
    @Condition() condition: WriteCondition,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SourceView> {
    const rotation = readRotation(readDocument(SourceRotationDto, body));
    return answer(reply, await this.sources.rotate(author, id, rotation, condition));
  }
}

function answer(reply: FastifyReply, { stored, generated, created }: Written<StoredSource>): SourceView {
  if (created) void reply.code(201).header('location', `${PATH}/${stored.source.id}`);
  tagAnswer(reply, stored.etag);
  return viewSource(stored, generated);
}
