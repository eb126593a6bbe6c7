import { Get, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { TailFilter } from '#pipeline';
import { AdminController } from '../http/admin-controller.js';
import { CurrentCaller, type Caller } from '../http/caller.js';
import { EventStreams } from './event-streams.js';

type StreamQuery = Readonly<Partial<Record<keyof TailFilter, string>>>;

@AdminController('events', 'Observation')
export class EventStreamController {
  constructor(private readonly streams: EventStreams) {}

  @Get('stream')
  @ApiOperation({
    summary: 'Live tail: events as they are accepted, by whichever process',
    description:
      'Server-sent events: `event: event` with the id and the event as JSON, and `event: dropped` with ' +
      '`{"events", "reason"}` where a client was too slow or too many came at once. It starts with what comes next.',
  })
  @ApiProduces('text/event-stream')
  @ApiQuery({ name: 'sourceId', required: false, type: String })
  @ApiQuery({ name: 'event', required: false, type: String, description: 'Its exact name.' })
  @ApiQuery({ name: 'dialect', required: false, type: String })
  @ApiResponse({ status: 200, description: 'Until the client leaves.' })
  async stream(
    @CurrentCaller() caller: Caller,
    @Query() { sourceId, event, dialect }: StreamQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const stream = await this.streams.watch({ sourceId, event, dialect }, caller);
    // Nginx would collect the events otherwise.
    void reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no').send(stream);
  }
}
