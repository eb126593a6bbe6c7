import { ApiProperty } from '@nestjs/swagger';

/** For the documentation; `CanonicalEvent` is what is sent. */
export class EventDto {
  @ApiProperty({ description: '`evt_` and 20 characters of `[0-9a-z]`.' })
  id!: string;

  @ApiProperty({ enum: ['track', 'identify'] })
  type!: string;

  @ApiProperty()
  event!: string;

  @ApiProperty({ type: String, nullable: true })
  user_id!: string | null;

  @ApiProperty({ type: String, nullable: true })
  anonymous_id!: string | null;

  @ApiProperty({ format: 'date-time' })
  timestamp!: string;

  @ApiProperty({ format: 'date-time' })
  received_at!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  properties!: object;
}

/** One refused item; `RejectionEntry` is what is sent. */
export class RejectionDto {
  @ApiProperty()
  requestId!: string;

  @ApiProperty({ type: String, nullable: true })
  sourceId!: string | null;

  @ApiProperty()
  dialect!: string;

  @ApiProperty()
  route!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ type: 'integer', description: 'What the caller was answered.' })
  status!: number;

  @ApiProperty({ type: 'integer', description: 'Position in the request.' })
  index!: number;

  @ApiProperty()
  code!: string;

  @ApiProperty()
  detail!: string;
}
