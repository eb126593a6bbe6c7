import { Body, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { isJsonObject } from '#canonical';
import { AuditLog, checkWhere, invalid, type Author } from '#control-plane';
import { ReplaysService, type ReplayOrder, type ReplayView } from '#pipeline';
import { AdminController } from '../http/admin-controller.js';
import { AdminRoute } from '../http/admin-route.js';
import { CalledBy } from '../http/caller.js';
import { readDocument } from '../http/document.js';
import { readFlag } from '../http/flag.js';
import { Paged } from '../http/paged.js';
import { pageOf, readLimit, writeCursor, type ListAnswer, type PageQuery } from '../http/paging.js';
import { notFound } from '../http/problem.js';
import { readTime } from '../http/times.js';
import { ReplayDto, ReplayViewDto } from './replay.dto.js';

interface ReplayListQuery extends PageQuery {
  readonly dryRun?: string;
}

@AdminController('replays', 'Replays')
export class ReplaysController {
  constructor(
    private readonly replays: ReplaysService,
    private readonly audit: AuditLog,
  ) {}

  @Post()
  @AdminRoute({ changesNothing: ({ body }) => isJsonObject(body) && body.dryRun === true })
  @ApiOperation({
    summary: 'Send dead letters or kept history to a destination again',
    description: 'Ids stay the same.',
  })
  @ApiBody({ type: ReplayDto })
  @ApiResponse({ status: 201, description: 'Under way, or counted where it is a dry run.', type: ReplayViewDto })
  async create(
    @CalledBy() author: Author,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReplayView> {
    const order = readOrder(body);
    const work = (): Promise<ReplayView> => this.replays.create(order);
    const act = { action: 'create', target: { kind: 'replay', id: null } };
    const replay = order.dryRun ? await work() : await this.audit.around(author, act, work, ({ id }) => id);
    reply.header('Location', `/admin/v1/replays/${replay.id}`);
    return replay;
  }

  @Get()
  @Paged('Replays, newest first', ReplayViewDto)
  @ApiQuery({ name: 'dryRun', required: false, type: Boolean, description: 'Only counts, or only what is sent again.' })
  async list(@Query() query: ReplayListQuery): Promise<ListAnswer<ReplayView>> {
    const limit = readLimit(query);
    const dryRun = query.dryRun === undefined ? undefined : readFlag(query.dryRun, '/dryRun');
    const ids = await this.replays.ids();
    const found: ReplayView[] = [];
    let from: PageQuery = query;
    for (;;) {
      const page = pageOf(ids, (id) => id, from, 'descending');
      const views = await Promise.all(page.items.map((id) => this.replays.find(id)));
      found.push(...views.filter((view) => view !== undefined).filter((view) => fits(view, dryRun)));
      const [data, last] = [found.slice(0, limit), found[limit - 1]];
      if (page.nextCursor === null && found.length <= limit) return { data, nextCursor: null };
      if (last) return { data, nextCursor: writeCursor(last.id) };
      from = { ...query, ...(page.nextCursor === null ? {} : { cursor: page.nextCursor }) };
    }
  }

  @Get(':id')
  @ApiOperation({ summary: 'How far a replay has got' })
  @ApiResponse({ status: 200, description: 'Its state.', type: ReplayViewDto })
  async read(@Param('id') id: string): Promise<ReplayView> {
    return known(id, await this.replays.find(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Put nothing more back', description: 'What was put back is still delivered.' })
  @ApiResponse({ status: 200, description: 'Its state.', type: ReplayViewDto })
  async cancel(@CalledBy() author: Author, @Param('id') id: string): Promise<ReplayView> {
    const act = { action: 'cancel', target: { kind: 'replay', id } };
    return this.audit.around(author, act, async () => known(id, await this.replays.cancel(id)));
  }
}

function fits(view: ReplayView, dryRun: boolean | undefined): boolean {
  return dryRun === undefined || view.dryRun === dryRun;
}

function known(id: string, replay: ReplayView | undefined): ReplayView {
  if (!replay) throw notFound(`There is no replay "${id}".`);
  return replay;
}

function readOrder(body: unknown): ReplayOrder {
  const { destinationId, from, since, until, where, code, dryRun = false, rate } = readDocument(ReplayDto, body);
  const faults = where ? checkWhere(where, '/where') : [];
  if (faults.length > 0) throw invalid([...faults]);
  if (code !== undefined && from === 'history')
    throw invalid([{ pointer: '/code', message: 'is for dead letters; history has no reasons' }]);
  // Null, as absent, is no bound.
  const bounds = { since: readTime(since ?? undefined, '/since'), until: readTime(until ?? undefined, '/until') };
  return {
    destinationId,
    from,
    dryRun,
    ...(bounds.since === undefined ? {} : { since: bounds.since }),
    ...(bounds.until === undefined ? {} : { until: bounds.until }),
    ...(where === undefined ? {} : { where }),
    ...(code === undefined ? {} : { code }),
    ...(rate === undefined ? {} : { rate }),
  };
}
