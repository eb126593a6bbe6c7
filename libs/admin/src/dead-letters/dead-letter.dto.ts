import { ApiProperty } from '@nestjs/swagger';

class ReasonDto {
  @ApiProperty()
  code!: string;

  @ApiProperty()
  detail!: string;
}

class LastResponseDto {
  @ApiProperty({ type: 'integer' })
  status!: number;

  @ApiProperty()
  body!: string;
}

/** For the documentation; `DeadLetter` is what is sent. */
export class DeadLetterDto {
  @ApiProperty()
  id!: string;

  @ApiProperty()
  destinationId!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'The canonical event.' })
  event!: object;

  @ApiProperty({ type: ReasonDto })
  reason!: ReasonDto;

  @ApiProperty({ type: LastResponseDto, nullable: true })
  lastResponse!: LastResponseDto | null;

  @ApiProperty({ type: 'integer' })
  attempts!: number;

  @ApiProperty({ format: 'date-time' })
  at!: string;
}
