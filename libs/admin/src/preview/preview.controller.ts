import { Body, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { AuditLog, DestinationsService, type Author } from '#control-plane';
import { DestinationTester, type TestResult } from '#pipeline';
import { AdminController } from '../http/admin-controller.js';
import { AdminRoute } from '../http/admin-route.js';
import { CalledBy } from '../http/caller.js';
import { PreviewDto, TestResultDto } from './preview.dto.js';
import { PreviewRequest, readPreviewRequest } from './preview.request.js';
import { PreviewService, type Preview } from './preview.service.js';

@AdminController('preview', 'Try out')
export class PreviewController {
  constructor(private readonly previews: PreviewService) {}

  @Post()
  @AdminRoute({ changesNothing: () => true })
  @HttpCode(200)
  @ApiOperation({
    summary: 'See what a request would become',
    description:
      'Nothing is sent or kept. Requests are shown whether or not the destination wants the events. What repeats an ' +
      'earlier event of the request, by its dialect, is left out.',
  })
  @ApiBody({ type: PreviewRequest })
  @ApiResponse({
    status: 200,
    description: 'The events, what was refused, and what each destination would be sent.',
    type: PreviewDto,
  })
  preview(@Body() body: unknown): Promise<Preview> {
    return this.previews.preview(readPreviewRequest(body), Date.now());
  }
}

@AdminController('destinations', 'Destinations')
export class DestinationTestController {
  constructor(
    private readonly destinations: DestinationsService,
    private readonly tester: DestinationTester,
    private readonly audit: AuditLog,
  ) {}

  @Post(':id/test')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Send one sample event for real',
    description: 'Past queue and breaker; nothing is kept. 409 `credentials_missing` while a required one lacks.',
  })
  @ApiResponse({
    status: 200,
    description: 'The request (redacted), the answer, and what it means.',
    type: TestResultDto,
  })
  async test(@CalledBy() author: Author, @Param('id') id: string): Promise<TestResult> {
    const { destination } = await this.destinations.get(id);
    this.destinations.assertComplete(destination);
    const act = { action: 'test', target: { kind: 'destination', id } };
    return this.audit.around(author, act, () => this.tester.test(destination));
  }
}
