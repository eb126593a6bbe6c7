import { ApiProperty } from '@nestjs/swagger';
import { DELIVERY_STATES } from '#pipeline';

class SentRequestDto {
  @ApiProperty()
  method!: string;

  @ApiProperty({ description: 'Where to; the path of a webhook is often all its protection, and is not shown.' })
  origin!: string;

  @ApiProperty({ type: 'integer', description: 'Of the body.' })
  bytes!: number;
}

/** For the documentation; `Attempt` of the batch record is what is sent. */
export class AttemptDto {
  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ description: 'The key under which the request can be repeated.' })
  key!: string;

  @ApiProperty({ type: 'integer', required: false, description: 'Absent where no answer came.' })
  status?: number;

  @ApiProperty({ example: 'http_503' })
  code!: string;

  @ApiProperty({ example: 'retry', description: 'What the answer meant.' })
  outcome!: string;

  @ApiProperty({ type: 'number' })
  tookMs!: number;

  @ApiProperty({ type: SentRequestDto, required: false })
  request?: SentRequestDto;

  @ApiProperty({
    required: false,
    description: 'The beginning of the answer, or what went wrong; without credentials.',
  })
  response?: string;

  @ApiProperty({ required: false, description: 'What an answer that leaves doubt was taken for.' })
  note?: string;

  @ApiProperty({
    type: 'integer',
    required: false,
    description: 'Events not taken by the own count of the destination.',
  })
  shortfall?: number;
}

class BatchAttemptDto extends AttemptDto {
  @ApiProperty({ type: 'integer', description: 'How many it carried.' })
  events!: number;
}

/** For the documentation; `DeliveryView` is what is sent. */
export class DeliveryDto {
  @ApiProperty()
  id!: string;

  @ApiProperty()
  destinationId!: string;

  @ApiProperty({ enum: DELIVERY_STATES })
  state!: string;

  @ApiProperty({ format: 'date-time', description: 'When it was gathered.' })
  at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt!: string | null;

  @ApiProperty({ type: 'integer' })
  events!: number;

  @ApiProperty({ type: 'integer' })
  delivered!: number;

  @ApiProperty({ type: 'integer' })
  duplicate!: number;

  @ApiProperty({ type: 'integer' })
  notWanted!: number;

  @ApiProperty({ type: 'integer' })
  deadLettered!: number;

  @ApiProperty({ type: 'integer', description: 'Not settled yet.' })
  open!: number;

  @ApiProperty({ type: [String], description: 'Why events became dead letters.' })
  codes!: string[];

  @ApiProperty({ type: [BatchAttemptDto], description: 'The latest ones.' })
  attempts!: BatchAttemptDto[];

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  nextAttemptAt!: string | null;
}
