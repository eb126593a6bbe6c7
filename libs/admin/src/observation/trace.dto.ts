import { ApiProperty } from '@nestjs/swagger';
import { ShownDeliveryDto, ShownRequestDto } from '../preview/preview.dto.js';
import { AttemptDto } from './delivery.dto.js';
import { EventDto } from './observation.dto.js';

class ReceivedDto {
  @ApiProperty()
  sourceId!: string;

  @ApiProperty()
  dialect!: string;

  @ApiProperty({ example: 'flokit.batch' })
  route!: string;

  @ApiProperty({ description: 'As `X-Request-Id` answered it.' })
  requestId!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty()
  segmentId!: string;
}

class TraceReasonDto {
  @ApiProperty()
  code!: string;

  @ApiProperty()
  detail!: string;
}

class DestinationTraceDto {
  @ApiProperty()
  destinationId!: string;

  @ApiProperty()
  matched!: boolean;

  @ApiProperty({ required: false, description: 'The member of `match` that did not fit, or `configured_later`.' })
  rule?: string;

  @ApiProperty({
    required: false,
    enum: ['routing', 'waiting', 'retrying', 'delivered', 'duplicate', 'not_wanted', 'dead_lettered', 'settled'],
    description: '`settled`: the record of how is not kept any more.',
  })
  state?: string;

  @ApiProperty({ type: TraceReasonDto, required: false, description: 'Why it became a dead letter or was not wanted.' })
  reason?: TraceReasonDto;

  @ApiProperty({ type: [AttemptDto] })
  attempts!: AttemptDto[];

  @ApiProperty({ required: false, format: 'date-time' })
  nextAttemptAt?: string;

  @ApiProperty({ required: false, example: 'breaker: http_401', description: 'What it waits for.' })
  heldBy?: string;

  @ApiProperty({
    type: ShownRequestDto,
    required: false,
    description: "The event as the destination gets it, alone and by today's settings: transformed and encoded.",
  })
  request?: ShownRequestDto;
}

/** For the documentation; `EventTrace` is what is sent. */
export class EventTraceDto {
  @ApiProperty({ type: EventDto })
  event!: EventDto;

  @ApiProperty({ type: ReceivedDto })
  received!: ReceivedDto;

  @ApiProperty({ type: [DestinationTraceDto], description: 'Every destination, also those that did not want it.' })
  destinations!: DestinationTraceDto[];
}

/** For the documentation; `InspectedEvent` is what is sent. */
export class InspectedEventDto {
  @ApiProperty({ type: EventDto })
  event!: EventDto;

  @ApiProperty({ type: ReceivedDto })
  received!: ReceivedDto;

  @ApiProperty({
    description: "As the vendor's client sent it, credentials taken out; null where that is not kept.",
    oneOf: [{ type: 'object' }, { type: 'null' }],
  })
  item!: unknown;

  @ApiProperty({ type: [ShownDeliveryDto], description: "What those that want it are sent, by today's settings." })
  destinations!: ShownDeliveryDto[];
}
