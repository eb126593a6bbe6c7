import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

class DeadLetterGroupDto {
  @ApiProperty()
  destinationId!: string;

  @ApiProperty({ example: 'http_422' })
  code!: string;

  @ApiProperty({ type: 'integer' })
  count!: number;

  @ApiProperty({ description: 'False: not all dead letters of the destination were looked at.' })
  exact!: boolean;

  @ApiProperty({ description: 'Of the newest one.' })
  detail!: string;

  @ApiProperty({ format: 'date-time' })
  newestAt!: string;

  @ApiProperty({ format: 'date-time' })
  oldestAt!: string;
}

/** For the documentation; `DeadLetterGroups` is what is sent. */
export class DeadLetterGroupsDto {
  @ApiProperty({ type: [DeadLetterGroupDto] })
  data!: DeadLetterGroupDto[];

  @ApiProperty({ type: String, nullable: true, description: 'Always null: the list is answered as a whole.' })
  nextCursor!: null;

  @ApiProperty({ type: 'integer', description: 'Dead letters looked at.' })
  counted!: number;

  @ApiProperty({ type: 'integer', description: 'Dead letters there are.' })
  kept!: number;
}

/** `POST /admin/v1/dead-letter-groups/discard`. */
export class DiscardDto {
  @IsString()
  @MaxLength(64)
  destinationId!: string;

  /** Of the reason. */
  @IsString()
  @MaxLength(200)
  code!: string;
}

/** For the documentation. */
export class DiscardedDto {
  @ApiProperty({ type: 'integer' })
  discarded!: number;

  @ApiProperty()
  more!: boolean;
}
