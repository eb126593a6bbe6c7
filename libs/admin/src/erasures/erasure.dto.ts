import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';

/** `POST /admin/v1/erasures`: exactly one member. */
export class ErasureDto {
  /** The canonical `user_id`, whatever the vendor calls it. */
  @IsOptional()
  @Length(1, 1_000)
  @IsString()
  userId?: string;

  @IsOptional()
  @Length(1, 1_000)
  @IsString()
  anonymousId?: string;

  /** In any case; found wherever an event has it in a field of that meaning. */
  @IsOptional()
  @Length(1, 1_000)
  @IsString()
  email?: string;
}

class ErasureCountsDto {
  @ApiProperty({ type: 'integer' })
  events!: number;

  @ApiProperty({ type: 'integer' })
  deadLetters!: number;

  @ApiProperty({ type: 'integer', description: 'Refused requests.' })
  rejections!: number;
}

/** For the documentation; `ErasureView` is what is sent. */
export class ErasureViewDto {
  @ApiProperty()
  id!: string;

  @ApiProperty({ enum: ['running', 'closing', 'done'], description: '`closing`: a last look at what was on its way.' })
  state!: string;

  @ApiProperty({ enum: ['userId', 'anonymousId', 'email'] })
  by!: string;

  @ApiProperty({
    description: 'SHA-256 of the value, an email trimmed and in lower case. The value itself is not kept.',
  })
  sha256!: string;

  @ApiProperty({ type: 'integer', description: 'Events and dead letters looked at so far.' })
  scanned!: number;

  @ApiProperty()
  erased!: ErasureCountsDto;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt!: string | null;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: "Whether the embedded Redis was asked to write its file anew; an own server is its operator's.",
  })
  fileRewritten!: boolean | null;
}
