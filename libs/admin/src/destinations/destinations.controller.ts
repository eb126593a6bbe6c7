import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { JsonObject } from '#canonical';
import {
  assertId,
  DeliveryOperations,
  DestinationsService,
  type Author,
  type DestinationDraft,
  type DestinationStats,
  type StoredDestination,
  type WriteCondition,
  type Written,
} from '#control-plane';
import { AdminController } from '../http/admin-controller.js';
import { CalledBy } from '../http/caller.js';
import { Condition, Conditional, isKnownState, tagAnswer } from '../http/conditions.js';
import { readDocument, readObject } from '../http/document.js';
import { readFlag } from '../http/flag.js';
import { Paged } from '../http/paged.js';
import { pageOf, type ListAnswer, type PageQuery } from '../http/paging.js';
import { patchUntilWritten } from '../http/patch.js';
import { problem, ProblemError } from '../http/problem.js';
import { DestinationStatsDto } from './destination-stats.dto.js';
import { Discarding } from './discarding.js';
import { DestinationDto, DestinationRotationDto } from './destination.dto.js';
import {
  patchDestinationDraft,
  readDestinationDraft,
  viewDestination,
  type DestinationView,
} from './destination.view.js';

const PATH = '/admin/v1/destinations';

@AdminController('destinations', 'Destinations')
export class DestinationsController {
  constructor(
    private readonly destinations: DestinationsService,
    private readonly deliveries: DeliveryOperations,
    private readonly discarding: Discarding,
  ) {}

  @Get()
  @Paged('Who gets what', DestinationDto)
  async list(@Query() query: PageQuery): Promise<ListAnswer<DestinationView>> {
    const { items, nextCursor } = pageOf(await this.destinations.list(), (stored) => stored.destination.id, query);
    return { data: items.map((stored) => viewDestination(stored)), nextCursor };
  }

  @Post()
  @ApiOperation({
    summary: 'Create a destination',
    description: 'A signing secret that is not given is generated and shown once.',
  })
  @ApiBody({ type: DestinationDto })
  @ApiResponse({ status: 201, description: 'Created; `Location` says where.', type: DestinationDto })
  async create(
    @CalledBy() author: Author,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DestinationView> {
    const { id, draft } = readDestinationDraft(body);
    return answer(reply, await this.discarding.before(() => this.destinations.create(author, draft, id)));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Read a destination' })
  @ApiResponse({ status: 200, description: 'With the defaults of its type, credentials masked.', type: DestinationDto })
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'An `ETag` that is known already.' })
  @ApiResponse({ status: 304, description: 'It is still what the caller knows.' })
  async read(
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DestinationView | undefined> {
    const stored = await this.destinations.get(id);
    return isKnownState(reply, stored.etag) ? undefined : viewDestination(stored);
  }

  @Put(':id')
  @Conditional()
  @ApiOperation({
    summary: 'Create or replace a destination',
    description: 'Credentials that are not named stay as they are.',
  })
  @ApiBody({ type: DestinationDto })
  @ApiResponse({ status: 200, description: 'Replaced.', type: DestinationDto })
  @ApiResponse({ status: 201, description: 'Created; `Location` says where.', type: DestinationDto })
  async put(
    @CalledBy() author: Author,
    @Param('id') id: string,
    @Body() body: unknown,
    @Condition() condition: WriteCondition,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DestinationView> {
    assertId(id);
    const { draft } = readDestinationDraft(body, id);
    const before = await this.destinations.find(id);
    return answer(reply, await this.replace(author, before, id, draft, condition));
  }

  @Patch(':id')
  @Conditional()
  @ApiOperation({
    summary: 'Change a destination',
    description: 'JSON merge patch (RFC 7396): null gives the default back.',
  })
  @ApiConsumes('application/merge-patch+json', 'application/json')
  @ApiBody({ type: DestinationDto, required: true })
  @ApiResponse({ status: 200, description: 'Changed.', type: DestinationDto })
  async patch(
    @CalledBy() author: Author,
    @Param('id') id: string,
    @Body() body: unknown,
    @Condition() condition: WriteCondition,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DestinationView> {
    const patch = readObject(body);
    const written = await patchUntilWritten(
      () => this.destinations.get(id),
      (stored, exact) => this.replace(author, stored, id, this.patched(stored, patch), exact),
      condition,
    );
    return answer(reply, written);
  }

  @Delete(':id')
  @Conditional()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove a destination',
    description: '409 while events wait for it, unless `discard=true`.',
  })
  @ApiQuery({ name: 'discard', required: false, type: Boolean })
  async remove(
    @CalledBy() author: Author,
    @Param('id') id: string,
    @Query('discard') discard: string | undefined,
    @Condition() condition: WriteCondition,
  ): Promise<void> {
    const { destination } = await this.destinations.get(id);
    if (!readFlag(discard, '/discard'))
      await this.assertNothingWaits(destination.id, 'give ?discard=true to drop them');
    await this.destinations.remove(author, id, condition);
    await this.discarding.discard(author, destination);
  }

  @Post(':id/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Hold its events', description: 'Nothing is dropped.' })
  @ApiResponse({ status: 200, description: 'Paused.', type: DestinationDto })
  async pause(
    @CalledBy() author: Author,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DestinationView> {
    return answer(reply, await this.destinations.pause(author, id));
  }

  @Post(':id/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let its events go on' })
  @ApiResponse({ status: 200, description: 'Resumed.', type: DestinationDto })
  async resume(
    @CalledBy() author: Author,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DestinationView> {
    return answer(reply, await this.destinations.resume(author, id));
  }

  @Get(':id/stats')
  @ApiOperation({ summary: 'How its deliveries go', description: 'Counted in events.' })
  @ApiResponse({ status: 200, description: 'The counts at this moment.', type: DestinationStatsDto })
  async stats(@Param('id') id: string): Promise<DestinationStats> {
    const { destination } = await this.destinations.get(id);
    return this.deliveries.stats(destination.id);
  }

  @Post(':id/rotate')
  @Conditional()
  @HttpCode(200)
  @ApiOperation({ summary: 'Replace the signing secret', description: 'Both sign for `overlapSeconds`.' })
  @ApiBody({ type: DestinationRotationDto, required: false })
  @ApiResponse({ status: 200, description: 'With the new secret, shown this once.', type: DestinationDto })
  async rotate(
    @CalledBy() author: Author,
    @Param('id') id: string,
    @Body() body: unknown,
    @Condition() condition: WriteCondition,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DestinationView> {
    const { overlapSeconds } = readDocument(DestinationRotationDto, body);
    return answer(reply, await this.destinations.rotate(author, id, overlapSeconds ?? 0, condition));
  }

  private patched(stored: StoredDestination, patch: JsonObject): DestinationDraft {
    const { credentials, ...draft } = patchDestinationDraft(stored, patch);
    return { ...draft, credentials: { ...this.destinations.takenBack(stored, patch.config), ...credentials } };
  }

  /** What waits was formed for the type it has: another type may not find it. */
  private async replace(
    author: Author,
    before: StoredDestination | undefined,
    id: string,
    draft: DestinationDraft,
    condition: WriteCondition,
  ): Promise<Written<StoredDestination>> {
    if (before && before.settings.type !== draft.type)
      await this.assertNothingWaits(id, 'its type cannot change until then');
    return this.discarding.before(() => this.destinations.put(author, id, draft, condition));
  }

  private async assertNothingWaits(id: string, advice: string): Promise<void> {
    const { waiting } = await this.deliveries.stats(id);
    if (waiting === 0) return;
    const detail = `${waiting} events wait for the destination "${id}": ${advice}.`;
    throw new ProblemError(problem(409, 'events_waiting', detail, { waiting }));
  }
}

function answer(reply: FastifyReply, { stored, generated, created }: Written<StoredDestination>): DestinationView {
  if (created) void reply.code(201).header('location', `${PATH}/${stored.destination.id}`);
  tagAnswer(reply, stored.etag);
  return viewDestination(stored, generated);
}
