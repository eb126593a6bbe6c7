import { ApiProperty } from '@nestjs/swagger';
import { EventDto } from '../observation/observation.dto.js';

class RejectedDto {
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
}

/** A request as people may see it: credentials replaced, a JSON body parsed. */
export class ShownRequestDto {
  @ApiProperty()
  method!: string;

  @ApiProperty()
  url!: string;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  headers!: object;

  @ApiProperty({
    description: 'JSON, or the text of what is none; a large one may be cut.',
    oneOf: [{ type: 'object' }, { type: 'array', items: {} }, { type: 'string' }],
  })
  body!: unknown;
}

class LostDto {
  @ApiProperty()
  field!: string;

  @ApiProperty()
  reason!: string;
}

/** What one destination would be sent. */
export class ShownDeliveryDto {
  @ApiProperty()
  id!: string;

  @ApiProperty({ type: [ShownRequestDto] })
  requests!: ShownRequestDto[];

  @ApiProperty({ type: [LostDto] })
  lost!: LostDto[];

  @ApiProperty({ type: [RejectedDto] })
  unsendable!: RejectedDto[];
}

class RehearsalDto extends ShownDeliveryDto {
  @ApiProperty()
  matched!: boolean;

  @ApiProperty({ required: false, description: 'The member of `match` that did not fit.' })
  rule?: string;
}

class RefusalDto {
  @ApiProperty({ type: 'integer' })
  status!: number;

  @ApiProperty()
  body!: string;
}

/** For the documentation; `Preview` is what is sent. */
export class PreviewDto {
  @ApiProperty({ type: [EventDto] })
  events!: EventDto[];

  @ApiProperty({ type: [RejectedDto] })
  rejected!: RejectedDto[];

  @ApiProperty({
    type: RefusalDto,
    required: false,
    description: "The vendor's answer to a request refused as a whole.",
  })
  refusal?: RefusalDto;

  @ApiProperty({ type: [RehearsalDto] })
  destinations!: RehearsalDto[];
}

class TestResponseDto {
  @ApiProperty({ type: 'integer' })
  status!: number;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  headers!: object;

  @ApiProperty()
  body!: string;
}

class TestOutcomeDto {
  @ApiProperty({ example: 'delivered' })
  kind!: string;

  @ApiProperty({ required: false })
  code?: string;

  @ApiProperty({ required: false })
  detail?: string;
}

/** For the documentation; `TestResult` is what is sent. */
export class TestResultDto {
  @ApiProperty({ type: ShownRequestDto, nullable: true })
  request!: ShownRequestDto | null;

  @ApiProperty({ type: TestResponseDto, nullable: true })
  response!: TestResponseDto | null;

  @ApiProperty({ type: TestOutcomeDto })
  outcome!: TestOutcomeDto;
}
