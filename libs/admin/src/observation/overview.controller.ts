import { Get } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { OverviewReader, ThroughputHistory, type Overview, type ThroughputSample } from '#pipeline';
import { AdminController } from '../http/admin-controller.js';
import { OverviewDto, ThroughputDto } from './overview.dto.js';

interface Throughput {
  readonly stepSeconds: number;
  readonly samples: readonly ThroughputSample[];
}

@AdminController('overview', 'Observation')
export class OverviewController {
  constructor(
    private readonly reader: OverviewReader,
    private readonly history: ThroughputHistory,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'All sources and destinations at a glance',
    description: 'Counts only grow: two looks give a rate. Answers are up to a second old.',
  })
  @ApiResponse({
    status: 200,
    description: 'What came in, what waits, what went out and what is stuck.',
    type: OverviewDto,
  })
  overview(): Promise<Overview> {
    return this.reader.read(Date.now());
  }

  @Get('throughput')
  @ApiOperation({
    summary: 'What came and went in the last hours',
    description: 'Counted over all processes, remembered by the one that answers: at most six hours, since it started.',
  })
  @ApiResponse({ status: 200, description: 'Oldest first.', type: ThroughputDto })
  throughput(): Throughput {
    const { stepSeconds, samples } = this.history;
    return { stepSeconds, samples };
  }
}
