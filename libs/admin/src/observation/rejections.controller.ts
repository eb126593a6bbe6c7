import { Get, Query } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { RejectionList, type Rejection } from '#pipeline';
import { AdminController } from '../http/admin-controller.js';
import { Paged } from '../http/paged.js';
import { readLimit, type ListAnswer, type PageQuery } from '../http/paging.js';
import { RejectionDto } from './observation.dto.js';

interface RejectionListQuery extends PageQuery {
  readonly sourceId?: string;
  readonly requestId?: string;
}

/** One refused item with the request it came in. */
type RejectionEntry = Omit<Rejection['request'], 'at'> & Rejection['item'] & { readonly at: string };

@AdminController('rejections', 'Observation')
export class RejectionsController {
  constructor(private readonly rejections: RejectionList) {}

  @Get()
  @Paged('Items that were refused at the door, newest first', RejectionDto)
  @ApiQuery({ name: 'sourceId', required: false, type: String })
  @ApiQuery({ name: 'requestId', required: false, type: String, description: 'As `X-Request-Id` answered it.' })
  async list(@Query() query: RejectionListQuery): Promise<ListAnswer<RejectionEntry>> {
    const { sourceId, requestId, cursor } = query;
    const { items, next } = await this.rejections.page({
      limit: readLimit(query),
      ...(sourceId === undefined ? {} : { sourceId }),
      ...(requestId === undefined ? {} : { requestId }),
      ...(cursor === undefined ? {} : { after: cursor }),
    });
    return { data: items.map(entryOf), nextCursor: next };
  }
}

function entryOf({ request, item }: Rejection): RejectionEntry {
  return { ...request, at: new Date(request.at).toISOString(), ...item };
}
