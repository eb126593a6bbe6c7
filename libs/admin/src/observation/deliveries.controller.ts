import { Get, Query } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { invalid } from '#control-plane';
import { DELIVERY_STATES, DeliveryBrowser, type BatchState, type DeliveryView } from '#pipeline';
import { AdminController } from '../http/admin-controller.js';
import { Paged } from '../http/paged.js';
import { readLimit, type ListAnswer, type PageQuery } from '../http/paging.js';
import { readTime, TIME_RULE } from '../http/times.js';
import { DeliveryDto } from './delivery.dto.js';

interface DeliveryListQuery extends PageQuery {
  readonly destinationId?: string;
  readonly status?: string;
  readonly code?: string;
  readonly since?: string;
  readonly until?: string;
}

@AdminController('deliveries', 'Observation')
export class DeliveriesController {
  constructor(private readonly browser: DeliveryBrowser) {}

  @Get()
  @Paged('Batches under way and finished ones that are still kept, with their attempts; the newest first', DeliveryDto)
  @ApiQuery({ name: 'destinationId', required: false, type: String })
  @ApiQuery({ name: 'status', required: false, enum: DELIVERY_STATES, description: 'The `state` of the batch.' })
  @ApiQuery({ name: 'code', required: false, type: String, description: 'Of an attempt or a dead letter: `http_503`.' })
  @ApiQuery({
    name: 'since',
    required: false,
    schema: { type: 'string', format: 'date-time' },
    description: `Finished, or gathered where still open, at or after this time. ${TIME_RULE}`,
  })
  @ApiQuery({
    name: 'until',
    required: false,
    schema: { type: 'string', format: 'date-time' },
    description: `Before this time. ${TIME_RULE}`,
  })
  async list(@Query() query: DeliveryListQuery): Promise<ListAnswer<DeliveryView>> {
    const { destinationId, code, cursor } = query;
    const state = readState(query.status);
    const since = readTime(query.since, '/since');
    const until = readTime(query.until, '/until');
    const { items, next } = await this.browser.list({
      limit: readLimit(query),
      ...(destinationId === undefined ? {} : { destinationId }),
      ...(code === undefined ? {} : { code }),
      ...(state === undefined ? {} : { state }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(cursor === undefined ? {} : { after: cursor }),
    });
    return { data: items, nextCursor: next };
  }
}

function readState(text: string | undefined): BatchState | undefined {
  const state = DELIVERY_STATES.find((known) => known === text);
  if (text === undefined || state !== undefined) return state;
  throw invalid([{ pointer: '/status', message: `must be one of ${DELIVERY_STATES.join(', ')}` }]);
}
