import { ApiProperty } from '@nestjs/swagger';

class LastErrorDto {
  @ApiProperty()
  code!: string;

  @ApiProperty()
  detail!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;
}

class BreakerDto {
  @ApiProperty({ enum: ['closed', 'open'] })
  state!: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'Why it is open.' })
  code!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  since!: string | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true })
  nextProbeAt!: string | null;
}

/** For the documentation; `DestinationStats` is what is sent. */
export class DestinationStatsDto {
  @ApiProperty({ type: 'integer' })
  delivered!: number;

  @ApiProperty({ type: 'integer', description: 'Accepted and not settled yet, those in retry included.' })
  waiting!: number;

  @ApiProperty({ type: 'integer' })
  retrying!: number;

  @ApiProperty({ type: 'integer' })
  deadLettered!: number;

  @ApiProperty({ type: LastErrorDto, nullable: true })
  lastError!: LastErrorDto | null;

  @ApiProperty({ type: BreakerDto })
  breaker!: BreakerDto;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'retry_after: 2026-05-01T10:00:00.000Z',
    description:
      'Why nothing is sent at this moment: `paused: <reason>`, `dead_letters_full`, `retry_after: <time>` or ' +
      '`breaker: <code>`.',
  })
  heldBy!: string | null;
}
