import { Body, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import {
  AuditLog,
  DeliveryOperations,
  type Author,
  type DeadLetter,
  type DeadLetterGroup,
  type DiscardedLetters,
} from '#control-plane';
import { AdminController } from '../http/admin-controller.js';
import { CalledBy } from '../http/caller.js';
import { readDocument } from '../http/document.js';
import { Paged } from '../http/paged.js';
import { readLimit, type ListAnswer, type PageQuery } from '../http/paging.js';
import { notFound } from '../http/problem.js';
import { DeadLetterDto } from './dead-letter.dto.js';
import { DeadLetterGroupsDto, DiscardDto, DiscardedDto } from './dead-letter-groups.dto.js';

interface DeadLetterListQuery extends PageQuery {
  readonly destinationId?: string;
  readonly code?: string;
}

interface GroupsAnswer extends ListAnswer<DeadLetterGroup> {
  readonly counted: number;
  readonly kept: number;
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

  @Get('groups')
  @ApiOperation({
    summary: 'Dead letters counted by destination and reason',
    description:
      'Up to 10,000 are looked at, the newest of each destination: `counted` and `kept` say whether these were all. Answers are up to two seconds old.',
  })
  @ApiQuery({ name: 'destinationId', required: false, type: String })
  @ApiResponse({ status: 200, description: 'The largest group first.', type: DeadLetterGroupsDto })
  async groups(@Query('destinationId') destinationId?: string): Promise<GroupsAnswer> {
    const { groups, counted, kept } = await this.deliveries.groupDeadLetters(destinationId);
    return { data: groups, nextCursor: null, counted, kept };
  }

  @Post('discard')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Discard the dead letters of a destination that share a reason',
    description: 'As far as one call gets: while `more` is true, asking again goes on.',
  })
  @ApiBody({ type: DiscardDto })
  @ApiResponse({ status: 200, description: 'How many are gone.', type: DiscardedDto })
  async discardAll(@CalledBy() author: Author, @Body() body: unknown): Promise<DiscardedLetters> {
    const { destinationId, code } = readDocument(DiscardDto, body);
    const act = { action: 'discard', target: { kind: 'dead-letters', id: `${destinationId} ${code}` } };
    return this.audit.around(author, act, () => this.deliveries.discardDeadLetters(destinationId, code));
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
