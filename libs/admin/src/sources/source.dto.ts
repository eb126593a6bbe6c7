import { IsBoolean, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import type { JsonObject } from '#canonical';
import type { RateLimit } from '#control-plane';
import { CredentialsRule, RateLimitRule, ReadOnly, WholeNumber } from '../http/document-rules.js';

/** Who may send. */
export class SourceDto {
  /** Chosen by the caller or derived from the name. */
  @IsOptional()
  @MaxLength(64)
  @IsString()
  id?: string;

  /** @example "iOS app" */
  @Matches(/\S/, { message: 'must not be blank' })
  @Length(1, 200, { message: 'must have 1 to 200 characters' })
  @IsString()
  name!: string;

  /** @example "kixo" */
  @MaxLength(64)
  @IsString()
  dialect!: string;

  @CredentialsRule()
  credentials?: JsonObject;

  @RateLimitRule("Absent: the vendor's documented limit. Null: none.")
  rateLimit?: RateLimit | null;

  @IsOptional()
  @IsBoolean()
  enabled?: boolean;

  @ReadOnly({ nullable: true })
  retiringUntil?: unknown;

  @ReadOnly()
  createdAt?: unknown;

  @ReadOnly()
  updatedAt?: unknown;
}

const DAY_SECONDS = 86_400;

export class SourceRotationDto {
  /** How long the present credentials stay good beside the new ones. */
  @IsOptional()
  @WholeNumber(0, 30 * DAY_SECONDS)
  overlapSeconds?: number;

  @CredentialsRule()
  credentials?: JsonObject;
}
