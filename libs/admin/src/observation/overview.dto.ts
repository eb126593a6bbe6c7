import { ApiProperty } from '@nestjs/swagger';
import { DestinationStatsDto } from '../destinations/destination-stats.dto.js';

class SourceOverviewDto {
  @ApiProperty()
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  dialect!: string;

  @ApiProperty()
  enabled!: boolean;

  @ApiProperty({ type: 'integer', description: 'Events taken since the source sent its first one.' })
  accepted!: number;
}

class DestinationOverviewDto extends DestinationStatsDto {
  @ApiProperty()
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  type!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Why it holds its events, if it is paused.' })
  paused!: string | null;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Since when its oldest event waits.',
  })
  waitingSince!: string | null;
}

/** For the documentation; `Overview` is what is sent. */
export class OverviewDto {
  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ type: 'integer', description: 'Events taken from all sources, deleted ones included.' })
  accepted!: number;

  @ApiProperty({ type: 'integer' })
  queuedBytes!: number;

  @ApiProperty({ type: 'integer' })
  maxQueuedBytes!: number;

  @ApiProperty({ type: 'integer', description: 'Segments that wait to be fanned out.' })
  unroutedSegments!: number;

  @ApiProperty({ type: [SourceOverviewDto] })
  sources!: SourceOverviewDto[];

  @ApiProperty({ type: [DestinationOverviewDto] })
  destinations!: DestinationOverviewDto[];
}

class ThroughputSampleDto {
  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ type: 'integer' })
  accepted!: number;

  @ApiProperty({ type: 'integer' })
  delivered!: number;

  @ApiProperty({ type: 'integer', description: 'Dead letters kept at that moment.' })
  deadLettered!: number;

  @ApiProperty({ type: 'integer', description: 'Events not settled at that moment.' })
  waiting!: number;
}

/** For the documentation. */
export class ThroughputDto {
  @ApiProperty()
  stepSeconds!: number;

  @ApiProperty({ type: [ThroughputSampleDto] })
  samples!: ThroughputSampleDto[];
}
