import { ArrayMaxSize, ArrayMinSize, IsArray, IsOptional, IsString, Matches } from 'class-validator';
import type { JsonObject } from '#canonical';
import { FreeForm, WholeNumber } from '../http/document-rules.js';

const MAX_RULES = 250;
const MAX_IDENTITY_FIELDS = 50;
const NOT_EMPTY = { message: 'must not be empty; leave it out to match all' };
const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1_000;

/** Which events are wanted. A member that is left out matches all. */
export class MatchDto {
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{1,64}$/, { each: true, message: 'must be ids of sources' })
  @ArrayMaxSize(MAX_RULES)
  @ArrayMinSize(1, NOT_EMPTY)
  @IsArray()
  sources?: string[];

  @IsOptional()
  @IsString({ each: true })
  @ArrayMaxSize(MAX_RULES)
  @ArrayMinSize(1, NOT_EMPTY)
  @IsArray()
  dialects?: string[];

  /** Globs on the event's name: `*`, `?` and `{a,b}` are special. */
  @IsOptional()
  @IsString({ each: true })
  @ArrayMaxSize(MAX_RULES)
  @ArrayMinSize(1, NOT_EMPTY)
  @IsArray()
  events?: string[];

  /** A condition over dotted paths of the event, e.g. `{"properties.plan": {"$ne": "free"}}`. */
  @IsOptional()
  @FreeForm()
  where?: JsonObject;
}

/**
 * How events are changed on their way to this destination only: drop, hash, rename, then set. Every rule names properties
 * as they came.
 */
export class TransformDto {
  @IsOptional()
  @FreeForm()
  renameEvents?: Record<string, string>;

  @IsOptional()
  @FreeForm()
  renameProperties?: Record<string, string>;

  /** Globs on property names. */
  @IsOptional()
  @IsString({ each: true })
  @ArrayMaxSize(MAX_RULES)
  @IsArray()
  dropProperties?: string[];

  /**
   * Globs on property names. The value becomes the SHA-256 (64 hex digits) of its common form: an email trimmed and in
   * lower case, a phone as `+` and digits (both by the property's name), another text as it is, anything else as JSON with
   * sorted names. Null and the empty text stay.
   */
  @IsOptional()
  @IsString({ each: true })
  @ArrayMaxSize(MAX_RULES)
  @IsArray()
  hashProperties?: string[];

  /**
   * Identity fields that are hashed in the same way, wherever the event says them: `user_id`, `anonymous_id` or a member
   * of `identity` such as `email`, `phone`, `device_id`; members of that meaning in `profile` and `extras`; and any other
   * text in the event that equals a hashed value.
   * @example ["email", "phone"]
   */
  @IsOptional()
  @Matches(/^(?!__proto__$)[a-z0-9_]{1,64}$/, { each: true, message: 'must be names of identity fields' })
  @ArrayMaxSize(MAX_IDENTITY_FIELDS)
  @IsArray()
  hashIdentity?: string[];

  @IsOptional()
  @FreeForm()
  setProperties?: JsonObject;
}

/** A fill target: a request goes out as soon as one bound is reached. */
export class BatchDto {
  @IsOptional()
  @WholeNumber(1)
  maxEvents?: number;

  @IsOptional()
  @WholeNumber(1)
  maxBytes?: number;

  @IsOptional()
  @WholeNumber(0, 3_600_000)
  maxWaitMs?: number;
}

export class RetryDto {
  @IsOptional()
  @WholeNumber(1, 1_000)
  maxAttempts?: number;

  @IsOptional()
  @WholeNumber(1, 90 * DAY_SECONDS)
  maxAgeSeconds?: number;

  @IsOptional()
  @WholeNumber(1, DAY_MS)
  minDelayMs?: number;

  @IsOptional()
  @WholeNumber(1, DAY_MS)
  maxDelayMs?: number;
}
