import { ApiProperty } from '@nestjs/swagger';
import { RateWindowDto } from '../http/document-rules.js';

class DialectRouteDto {
  @ApiProperty({ example: 'POST' })
  method!: string;

  @ApiProperty({ example: '/v1/batch/events' })
  path!: string;

  @ApiProperty()
  summary!: string;

  @ApiProperty({ type: 'integer' })
  maxBodyBytes!: number;

  @ApiProperty({ type: [RateWindowDto], description: 'As the vendor documents it; a source may have its own.' })
  rateLimit!: RateWindowDto[];
}

class ClientSettingsDto {
  @ApiProperty({ example: 'Node SDK' })
  title!: string;

  @ApiProperty()
  code!: string;

  @ApiProperty({ required: false })
  note?: string;
}

/** For the documentation; `DialectView` is what is sent. */
export class DialectDto {
  @ApiProperty({ example: 'flokit' })
  name!: string;

  @ApiProperty()
  title!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'JSON Schema.' })
  credentialsSchema!: object;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description:
      'A request (`path`, `headers`, `body`) that works once every `<member>` is replaced by that credential.',
  })
  sample!: object;

  @ApiProperty({
    type: [ClientSettingsDto],
    description: "How the vendor's clients are pointed here; `<baseUrl>` and `<member>` are to be replaced.",
  })
  clients!: ClientSettingsDto[];

  @ApiProperty({ type: [DialectRouteDto] })
  routes!: DialectRouteDto[];
}

/** For the documentation; `DestinationTypeView` is what is sent. */
export class DestinationTypeDto {
  @ApiProperty({ example: 'webhook' })
  type!: string;

  @ApiProperty()
  title!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'JSON Schema.' })
  configSchema!: object;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'JSON Schema.' })
  credentialsSchema!: object;

  @ApiProperty({ type: 'object', additionalProperties: true })
  defaults!: object;

  @ApiProperty({ type: 'object', additionalProperties: true })
  limits!: object;
}
