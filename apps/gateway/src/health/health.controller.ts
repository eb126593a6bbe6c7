import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Readiness, type Unreadiness } from '#platform';

interface ReadyAnswer {
  readonly status: 'ready' | 'unready';
  readonly reasons: readonly Unreadiness[];
  /** What an acknowledgement does not promise with this Redis. */
  readonly notGuaranteed: readonly string[];
}

@ApiTags('Health')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Whether the process runs' })
  @ApiResponse({ status: 200, description: 'It does.' })
  live(): { readonly status: 'live' } {
    return { status: 'live' };
  }

  @Get('ready')
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Whether an event could be accepted (or delivered) right now' })
  @ApiResponse({ status: 200, description: 'It could.' })
  @ApiResponse({ status: 503, description: 'It could not; `reasons` name the culprits.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadyAnswer> {
    const reasons = await this.readiness.assess();
    const notGuaranteed = this.readiness.caveats;
    if (reasons.length === 0) return { status: 'ready', reasons, notGuaranteed };
    reply.code(503);
    return { status: 'unready', reasons, notGuaranteed };
  }
}
