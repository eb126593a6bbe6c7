import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsNumber, IsObject, IsOptional, IsPositive, IsString, MaxLength } from 'class-validator';
import type { JsonObject } from '#canonical';
import { OptionalTime } from '../http/times.js';

/** `POST /admin/v1/replays`. */
export class ReplayDto {
  @IsString()
  @MaxLength(64)
  destinationId!: string;

  /** `dead-letters` leave the list; `history` is what is still kept of accepted events. */
  @IsIn(['dead-letters', 'history'])
  from!: 'dead-letters' | 'history';

  @OptionalTime('Parked (dead letters) or accepted (history) at or after this time.')
  since?: string;

  @OptionalTime('Before this time.')
  until?: string;

  /** As in a destination's `match.where`. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @IsOptional()
  @IsObject()
  where?: JsonObject;

  /** Dead letters with this reason only. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  code?: string;

  /** Only count. */
  @IsOptional()
  @IsBoolean()
  dryRun?: boolean;

  /** Events a second; as fast as the destination takes them if absent. */
  @IsOptional()
  @IsNumber()
  @IsPositive()
  rate?: number;
}

/** For the documentation; `ReplayView` is what is sent. */
export class ReplayViewDto {
  @ApiProperty()
  id!: string;

  @ApiProperty({ enum: ['counting', 'running', 'done', 'cancelled'] })
  state!: string;

  @ApiProperty()
  destinationId!: string;

  @ApiProperty({ enum: ['dead-letters', 'history'] })
  from!: string;

  @ApiProperty({ description: 'It only counts.' })
  dryRun!: boolean;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Exact; null while it is being counted.' })
  matched!: number | null;

  @ApiProperty({ type: 'integer', description: 'Put back for delivery so far.' })
  queued!: number;

  @ApiProperty({ type: 'integer', description: 'Of these, settled at the destination since, whichever way.' })
  settled!: number;

  @ApiProperty({
    type: 'integer',
    description: 'Taken by the destination, or settled so long ago that no record of their batch is kept.',
  })
  delivered!: number;

  @ApiProperty({ type: 'integer', description: 'Refused again: they are dead letters again.' })
  deadLettered!: number;

  @ApiProperty({ type: 'integer', description: 'The destination has no place for them.' })
  notWanted!: number;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;
}
