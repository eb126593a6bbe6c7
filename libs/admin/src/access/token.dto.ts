import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { ADMIN_ROLES, type AdminRole } from '#control-plane';
import { ReadOnly } from '../http/document-rules.js';
import { OptionalTime } from '../http/times.js';

/** A named way into the admin API. */
export class AdminTokenDto {
  /** Chosen by the caller or derived from the name. */
  @IsOptional()
  @MaxLength(64)
  @IsString()
  id?: string;

  /** @example "CI" */
  @Matches(/\S/, { message: 'must not be blank' })
  @Length(1, 200, { message: 'must have 1 to 200 characters' })
  @IsString()
  name!: string;

  /** A viewer reads everything and changes nothing. */
  @IsIn(ADMIN_ROLES)
  @ApiProperty({ enum: ADMIN_ROLES })
  role!: AdminRole;

  @OptionalTime('Null: good until it is deleted.', { nullable: true })
  expiresAt?: string | null;

  @ReadOnly({ type: 'boolean' })
  expired?: unknown;

  @ReadOnly()
  hint?: unknown;

  @ReadOnly()
  createdBy?: unknown;

  @ReadOnly()
  createdAt?: unknown;
}

/** For the documentation; `IssuedTokenView` is what is sent. */
export class IssuedTokenDto extends AdminTokenDto {
  @ApiProperty({ description: 'The token itself, shown this once.' })
  token!: string;
}

/** For the documentation; `MeView` is what is sent. */
export class MeDto {
  @ApiProperty({ description: '`root` for ADMIN_TOKEN.' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: ADMIN_ROLES })
  role!: AdminRole;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expiresAt!: string | null;
}
