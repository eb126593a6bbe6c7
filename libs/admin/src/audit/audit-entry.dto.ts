import { ApiProperty } from '@nestjs/swagger';

class AuditActorDto {
  @ApiProperty({ description: '`root`, the id of an admin token, or a part of the gateway such as `config-file`.' })
  id!: string;

  @ApiProperty()
  name!: string;
}

class AuditTargetDto {
  @ApiProperty({ example: 'destination' })
  kind!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Null where the act ended before it was known.' })
  id!: string | null;
}

class AuditOriginDto {
  @ApiProperty({ example: '192.0.2.7' })
  remoteAddress!: string;

  @ApiProperty({ description: 'As in `X-Request-Id`.' })
  requestId!: string;
}

/** For the documentation; `AuditEntry` is what is sent. */
export class AuditEntryDto {
  @ApiProperty({ example: 'aud_17' })
  id!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty()
  actor!: AuditActorDto;

  @ApiProperty({
    example: 'update',
    description: 'create, update, delete, rotate, pause, resume, discard, cancel, test …',
  })
  action!: string;

  @ApiProperty()
  target!: AuditTargetDto;

  @ApiProperty({ type: [String], description: 'Names of the members that changed, never their values.' })
  members!: string[];

  @ApiProperty({ type: AuditOriginDto, nullable: true, description: 'Null where no request stands behind it.' })
  origin!: AuditOriginDto | null;

  @ApiProperty({
    enum: ['under_way', 'done', 'failed'],
    description: 'Where it stays `under_way`, the process or the store went away before the end was known.',
  })
  outcome!: string;
}
