import { Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { CanonicalEvent } from '#canonical';
import { EventBrowser, EventInspector, EventTracer, type EventTrace, type InspectedEvent } from '#pipeline';
import { AdminController } from '../http/admin-controller.js';
import { Paged } from '../http/paged.js';
import { readLimit, type ListAnswer, type PageQuery } from '../http/paging.js';
import { notFound } from '../http/problem.js';
import { EventDto } from './observation.dto.js';
import { EventTraceDto, InspectedEventDto } from './trace.dto.js';

interface EventListQuery extends PageQuery {
  readonly sourceId?: string;
  readonly event?: string;
}

@AdminController('events', 'Observation')
export class EventsController {
  constructor(
    private readonly browser: EventBrowser,
    private readonly tracer: EventTracer,
    private readonly inspector: EventInspector,
  ) {}

  @Get()
  @Paged('Accepted events that are still kept, newest first; a page may be short and not be the last', EventDto)
  @ApiQuery({ name: 'sourceId', required: false, type: String })
  @ApiQuery({ name: 'event', required: false, type: String, description: 'Its exact name.' })
  async list(@Query() query: EventListQuery): Promise<ListAnswer<CanonicalEvent>> {
    const { sourceId, event, cursor } = query;
    const { items, next } = await this.browser.page({
      limit: readLimit(query),
      ...(sourceId === undefined ? {} : { sourceId }),
      ...(event === undefined ? {} : { event }),
      ...(cursor === undefined ? {} : { after: cursor }),
    });
    return { data: items, nextCursor: next };
  }

  @Get(':id/trace')
  @ApiOperation({ summary: 'Everything that happened to one event' })
  @ApiResponse({
    status: 200,
    description: 'Where it came from, and for each destination why it went there or not.',
    type: EventTraceDto,
  })
  async trace(@Param('id') id: string): Promise<EventTrace> {
    return kept(id, await this.tracer.trace(id));
  }

  @Get(':id')
  @ApiOperation({
    summary: 'One event in every form that it takes',
    description: "The vendor's own, credentials taken out; the canonical one; and what those that want it are sent.",
  })
  @ApiResponse({ status: 200, description: 'The event in all its forms.', type: InspectedEventDto })
  async inspect(@Param('id') id: string): Promise<InspectedEvent> {
    return kept(id, await this.inspector.inspect(id, Date.now()));
  }
}

function kept<T>(id: string, found: T | undefined): T {
  if (found === undefined) throw notFound(`There is no event "${id}", or it is not kept any more.`);
  return found;
}
