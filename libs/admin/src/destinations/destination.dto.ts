import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import type { JsonObject } from '#canonical';
import type { RateLimit } from '#control-plane';
import { BatchDto, MatchDto, RetryDto, TransformDto } from './destination-parts.dto.js';
import { CredentialsRule, FreeForm, RateLimitRule, ReadOnly, WholeNumber } from '../http/document-rules.js';

const MAX_OVERLAP_SECONDS = 30 * 86_400;

/** Who gets what. */
export class DestinationDto {
  /** Chosen by the caller or derived from the name. */
  @IsOptional()
  @MaxLength(64)
  @IsString()
  id?: string;

  /** @example "CRM" */
  @Matches(/\S/, { message: 'must not be blank' })
  @Length(1, 200, { message: 'must have 1 to 200 characters' })
  @IsString()
  name!: string;

  /** One of `/admin/v1/destination-types`. @example "webhook" */
  @MaxLength(64)
  @IsString()
  type!: string;

  /** By the schema of the type. */
  @IsOptional()
  @FreeForm()
  config?: JsonObject;

  @CredentialsRule()
  credentials?: JsonObject;

  @IsOptional()
  @Type(() => MatchDto)
  @ValidateNested()
  @IsObject()
  match?: MatchDto;

  @IsOptional()
  @Type(() => TransformDto)
  @ValidateNested()
  @IsObject()
  transform?: TransformDto;

  @IsOptional()
  @Type(() => BatchDto)
  @ValidateNested()
  @IsObject()
  batch?: BatchDto;

  @RateLimitRule("Absent: the type's default. Null: none.")
  rateLimit?: RateLimit | null;

  @IsOptional()
  @Type(() => RetryDto)
  @ValidateNested()
  @IsObject()
  retry?: RetryDto;

  @IsOptional()
  @WholeNumber(100, 300_000)
  timeoutMs?: number;

  /** Requests at the same time, over all workers. */
  @IsOptional()
  @WholeNumber(1, 100)
  concurrency?: number;

  /** `per_user`: a user's next event is sent when the one before is settled, in the order of acceptance. */
  @IsOptional()
  @IsIn(['none', 'per_user'])
  ordering?: 'none' | 'per_user';

  /** Above it further events become dead letters; null: only the common budget holds. */
  @IsOptional()
  @WholeNumber(1)
  maxQueuedBytes?: number | null;

  /** Absent: as it is. */
  @IsOptional()
  @IsBoolean()
  paused?: boolean;

  @ReadOnly({ nullable: true })
  pauseReason?: unknown;

  @ReadOnly({ nullable: true })
  retiringUntil?: unknown;

  @ReadOnly()
  createdAt?: unknown;

  @ReadOnly()
  updatedAt?: unknown;
}

export class DestinationRotationDto {
  /** How long the old secret signs beside the new one. */
  @IsOptional()
  @WholeNumber(0, MAX_OVERLAP_SECONDS)
  overlapSeconds?: number;
}
