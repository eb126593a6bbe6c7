import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import type { JsonObject } from '#canonical';
import type { RateLimit } from '#control-plane';
import { BatchDto, MatchDto, RetryDto, TransformDto } from './destination-parts.dto.js';
import { CredentialsRule, FreeForm, RateLimitRule, ReadOnly } from '../http/document-rules.js';

const MAX_OVERLAP_SECONDS = 30 * 86_400;

/** Who gets what. */
export class DestinationDto {
  /** Chosen by the caller or derived from the name. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  id?: string;

  /** @example "CRM" */
  @IsString()
  @Length(1, 200)
  @Matches(/\S/, { message: 'must not be blank' })
  name!: string;

  /** One of `/admin/v1/destination-types`. @example "webhook" */
  @IsString()
  @MaxLength(64)
  type!: string;

  /** By the schema of the type. */
  @IsOptional()
  @FreeForm()
  config?: JsonObject;

  @CredentialsRule()
  credentials?: JsonObject;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => MatchDto)
  match?: MatchDto;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => TransformDto)
  transform?: TransformDto;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => BatchDto)
  batch?: BatchDto;

  @RateLimitRule("Absent: the type's default. Null: none.")
  rateLimit?: RateLimit | null;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RetryDto)
  retry?: RetryDto;

  @IsOptional()
  @IsInt()
  @Min(100)
  @Max(300_000)
  timeoutMs?: number;

  /** Requests at the same time, over all workers. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  concurrency?: number;

  @IsOptional()
  @IsIn(['none', 'per_user'])
  ordering?: 'none' | 'per_user';

  /** Above it further events become dead letters; null: only the common budget holds. */
  @IsOptional()
  @IsInt()
  @Min(1)
  maxQueuedBytes?: number | null;

  /** Absent: as it is. */
  @IsOptional()
  @IsBoolean()
  paused?: boolean;

  @ReadOnly()
  pauseReason?: unknown;

  @ReadOnly()
  retiringUntil?: unknown;

  @ReadOnly()
  createdAt?: unknown;

  @ReadOnly()
  updatedAt?: unknown;
}

export class DestinationRotationDto {
  /** How long the old secret signs beside the new one. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_OVERLAP_SECONDS)
  overlapSeconds?: number;
}
