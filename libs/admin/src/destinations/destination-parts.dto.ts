import { ArrayMaxSize, ArrayMinSize, IsArray, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import type { JsonObject } from '#canonical';
import { FreeForm } from '../http/document-rules.js';

const MAX_RULES = 250;
const NOT_EMPTY = { message: 'must not be empty; leave it out to match all' };
const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1_000;

/** Which events are wanted. A member that is left out matches all. */
export class MatchDto {
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1, NOT_EMPTY)
  @ArrayMaxSize(MAX_RULES)
  @Matches(/^[A-Za-z0-9_-]{1,64}$/, { each: true, message: 'must be ids of sources' })
  sources?: string[];

  @IsOptional()
  @IsArray()
  @ArrayMinSize(1, NOT_EMPTY)
  @ArrayMaxSize(MAX_RULES)
  @IsString({ each: true })
  dialects?: string[];

  /** Globs on the event's name: `*`, `?` and `{a,b}` are special. */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1, NOT_EMPTY)
  @ArrayMaxSize(MAX_RULES)
  @IsString({ each: true })
  events?: string[];

  /** A condition over dotted paths of the event, e.g. `{"properties.plan": {"$ne": "free"}}`. */
  @IsOptional()
  @FreeForm()
  where?: JsonObject;
}

/** How events are changed on their way to this destination only. */
export class TransformDto {
  @IsOptional()
  @FreeForm()
  renameEvents?: Record<string, string>;

  @IsOptional()
  @FreeForm()
  renameProperties?: Record<string, string>;

  /** Globs on property names. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_RULES)
  @IsString({ each: true })
  dropProperties?: string[];

  @IsOptional()
  @FreeForm()
  setProperties?: JsonObject;
}

/** A fill target: a request goes out as soon as one bound is reached. */
export class BatchDto {
  @IsOptional()
  @IsInt()
  @Min(1)
  maxEvents?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  maxBytes?: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(3_600_000)
  maxWaitMs?: number;
}

export class RetryDto {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  maxAttempts?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(90 * DAY_SECONDS)
  maxAgeSeconds?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAY_MS)
  minDelayMs?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAY_MS)
  maxDelayMs?: number;
}
