import { Get, Query } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { invalid } from '#control-plane';
import { RejectionStore, type RejectedItem, type RejectedRequest } from '#pipeline';
import { AdminController } from '../http/admin-controller.js';
import { Paged } from '../http/paged.js';
import { readLimit, type ListAnswer, type PageQuery } from '../http/paging.js';
import { RejectionDto } from './observation.dto.js';

interface RejectionListQuery extends PageQuery {
  readonly sourceId?: string;
  readonly requestId?: string;
}

/** One refused item with the request it came in. */
type RejectionEntry = Omit<RejectedRequest, 'items' | 'at'> & RejectedItem & { readonly at: string };

@AdminController('rejections', 'Observation')
export class RejectionsController {
  constructor(private readonly store: RejectionStore) {}

  @Get()
  @Paged('Items that were refused at the door, newest first', RejectionDto)
  @ApiQuery({ name: 'sourceId', required: false, type: String })
  @ApiQuery({ name: 'requestId', required: false, type: String, description: 'As `X-Request-Id` answered it.' })
  async list(@Query() query: RejectionListQuery): Promise<ListAnswer<RejectionEntry>> {
    const { sourceId, requestId } = query;
    const limit = readLimit(query);
    const requests = await this.store.list({
      ...(sourceId === undefined ? {} : { sourceId }),
      ...(requestId === undefined ? {} : { requestId }),
    });
    const entries = requests.flatMap(entriesOf);
    const from = query.cursor === undefined ? 0 : after(entries, query.cursor);
    const data = entries.slice(from, from + limit);
    const last = data.at(-1);
    return { data, nextCursor: last && from + limit < entries.length ? cursorOf(last) : null };
  }
}

function entriesOf({ items, at, ...request }: RejectedRequest): readonly RejectionEntry[] {
  return items.map((item) => ({ ...request, at: new Date(at).toISOString(), ...item }));
}

const cursorOf = ({ requestId, index, pointer = '' }: RejectionEntry): string =>
  Buffer.from(`${requestId}/${index}/${pointer}`).toString('base64url');

/** The place behind the last entry that was shown. */
function after(entries: readonly RejectionEntry[], cursor: string): number {
  const last = entries.findIndex((entry) => cursorOf(entry) === cursor);
  if (last >= 0) return last + 1;
  throw invalid([{ pointer: '/cursor', message: 'is not the nextCursor of an earlier answer, or that entry is gone' }]);
}
