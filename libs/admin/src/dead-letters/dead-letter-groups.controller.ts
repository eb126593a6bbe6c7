import { Body, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { AuditLog, DeliveryOperations, type Author, type DeadLetterGroup, type DiscardedLetters } from '#control-plane';
import { AdminController } from '../http/admin-controller.js';
import { CalledBy } from '../http/caller.js';
import { readDocument } from '../http/document.js';
import type { ListAnswer } from '../http/paging.js';
import { DeadLetterGroupsDto, DiscardDto, DiscardedDto } from './dead-letter-groups.dto.js';

interface GroupsAnswer extends ListAnswer<DeadLetterGroup> {
  readonly counted: number;
  readonly kept: number;
}

/** Apart from `dead-letters`, whose members have ids of their own. */
@AdminController('dead-letter-groups', 'Dead letters')
export class DeadLetterGroupsController {
  constructor(
    private readonly deliveries: DeliveryOperations,
    private readonly audit: AuditLog,
  ) {}

  @Get()
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
}
