import { Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery } from '@nestjs/swagger';
import { AuditLog, DeliveryOperations, type Author, type DeadLetter } from '#control-plane';
import { AdminController } from '../http/admin-controller.js';
import { CalledBy } from '../http/caller.js';
import { Paged } from '../http/paged.js';
import { readLimit, type ListAnswer, type PageQuery } from '../http/paging.js';
import { notFound } from '../http/problem.js';
import { DeadLetterDto } from './dead-letter.dto.js';

interface DeadLetterListQuery extends PageQuery {
  readonly destinationId?: string;
  readonly code?: string;
}

@AdminController('dead-letters', 'Dead letters')
export class DeadLettersController {
  constructor(
    private readonly deliveries: DeliveryOperations,
    private readonly audit: AuditLog,
  ) {}

  @Get()
  @Paged('Events that a destination refused for good', DeadLetterDto)
  @ApiQuery({ name: 'destinationId', required: false, type: String })
  @ApiQuery({ name: 'code', required: false, type: String, description: 'With this reason only.' })
  async list(@Query() query: DeadLetterListQuery): Promise<ListAnswer<DeadLetter>> {
    const { destinationId, code, cursor } = query;
    const page = await this.deliveries.listDeadLetters({
      limit: readLimit(query),
      ...(destinationId === undefined ? {} : { destinationId }),
      ...(code === undefined ? {} : { code }),
      ...(cursor === undefined ? {} : { after: cursor }),
    });
    return { data: page.items, nextCursor: page.next };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Discard a dead letter' })
  async discard(@CalledBy() author: Author, @Param('id') id: string): Promise<void> {
    const act = { action: 'discard', target: { kind: 'dead-letter', id } };
    await this.audit.around(author, act, async () => {
      if (!(await this.deliveries.discardDeadLetter(id))) throw notFound(`There is no dead letter "${id}".`);
    });
  }
}
