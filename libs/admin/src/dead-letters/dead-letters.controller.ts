import { Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery } from '@nestjs/swagger';
import { DeliveryOperations, type DeadLetter } from '#control-plane';
import { AdminController } from '../http/admin-controller.js';
import { Paged } from '../http/paged.js';
import { readLimit, type ListAnswer, type PageQuery } from '../http/paging.js';
import { notFound } from '../http/problem.js';
import { DeadLetterDto } from './dead-letter.dto.js';

interface DeadLetterListQuery extends PageQuery {
  readonly destinationId?: string;
}

@AdminController('dead-letters', 'Dead letters')
export class DeadLettersController {
  constructor(private readonly deliveries: DeliveryOperations) {}

  @Get()
  @Paged('Events that a destination refused for good', DeadLetterDto)
  @ApiQuery({ name: 'destinationId', required: false, type: String })
  async list(@Query() query: DeadLetterListQuery): Promise<ListAnswer<DeadLetter>> {
    const { destinationId, cursor } = query;
    const page = await this.deliveries.listDeadLetters({
      limit: readLimit(query),
      ...(destinationId === undefined ? {} : { destinationId }),
      ...(cursor === undefined ? {} : { after: cursor }),
    });
    return { data: page.items, nextCursor: page.next };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Discard a dead letter' })
  async discard(@Param('id') id: string): Promise<void> {
    if (!(await this.deliveries.discardDeadLetter(id))) throw notFound(`There is no dead letter "${id}".`);
  }
}
