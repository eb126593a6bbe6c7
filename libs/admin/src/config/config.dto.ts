import { ApiProperty } from '@nestjs/swagger';
import { DestinationDto } from '../destinations/destination.dto.js';
import { SourceDto } from '../sources/source.dto.js';

/** For the documentation; `readConfigurationDocument` is what checks. Every entry needs its `id`. */
export class ConfigDto {
  @ApiProperty({ type: [SourceDto] })
  sources!: SourceDto[];

  @ApiProperty({ type: [DestinationDto] })
  destinations!: DestinationDto[];
}

class ConfiguredEntryDto {
  @ApiProperty({ enum: ['source', 'destination'] })
  kind!: string;

  @ApiProperty()
  id!: string;
}

class UpdatedEntryDto extends ConfiguredEntryDto {
  @ApiProperty({ type: [String], description: 'What differs.' })
  members!: string[];
}

class DeletedEntryDto extends ConfiguredEntryDto {
  @ApiProperty({ type: 'integer', required: false, description: 'Events that wait for it.' })
  waiting?: number;
}

class GeneratedEntryDto extends ConfiguredEntryDto {
  @ApiProperty({ type: [String] })
  members!: string[];

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    selfRequired: false,
    description: 'In clear, shown this once; absent in a dry run.',
  })
  credentials?: object;
}

class PausedEntryDto extends ConfiguredEntryDto {
  @ApiProperty({ type: [String], description: 'The credentials to give.' })
  missing!: string[];
}

/** For the documentation; `DifferenceView` is what is sent. */
export class DifferenceDto {
  @ApiProperty({ type: [ConfiguredEntryDto] })
  created!: ConfiguredEntryDto[];

  @ApiProperty({ type: [UpdatedEntryDto] })
  updated!: UpdatedEntryDto[];

  @ApiProperty({ type: [DeletedEntryDto] })
  deleted!: DeletedEntryDto[];

  @ApiProperty({ type: [ConfiguredEntryDto] })
  unchanged!: ConfiguredEntryDto[];

  @ApiProperty({ type: [GeneratedEntryDto] })
  generated!: GeneratedEntryDto[];

  @ApiProperty({ type: [PausedEntryDto], description: 'Destinations that hold their events for want of credentials.' })
  paused!: PausedEntryDto[];
}
