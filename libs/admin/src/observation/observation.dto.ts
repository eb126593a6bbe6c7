import { ApiProperty } from '@nestjs/swagger';

const ANYTHING = {
  required: false,
  oneOf: [
    { type: 'object' },
    { type: 'array', items: {} },
    { type: 'string' },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'null' },
  ],
};

class EventSourceDto {
  @ApiProperty()
  id!: string;

  @ApiProperty({ example: 'kixo' })
  dialect!: string;
}

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

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    selfRequired: false,
    description: 'email, phone, device_id …',
  })
  identity?: object;

  @ApiProperty({ type: 'object', additionalProperties: true, selfRequired: false, description: 'amount, currency.' })
  value?: object;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    selfRequired: false,
    description: 'set, append, unappend, unset.',
  })
  profile?: object;

  @ApiProperty({ type: 'object', additionalProperties: true, selfRequired: false, description: 'platform, app_id …' })
  context?: object;

  @ApiProperty({ type: EventSourceDto })
  source!: EventSourceDto;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    selfRequired: false,
    description: 'What the vendor sent that has no place above.',
  })
  extras?: object;
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

  @ApiProperty({ required: false, description: 'JSON pointer into the item, where one member is at fault.' })
  pointer?: string;

  @ApiProperty({ required: false, description: "The event's name, where it has one." })
  name?: string;

  @ApiProperty({ ...ANYTHING, description: 'As the caller sent it, without credentials; absent where it is not kept.' })
  item?: unknown;
}
