import { Body, Get, Param, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AuditLog, invalid, type Author } from '#control-plane';
import { ErasuresService, type ErasureView, type Subject } from '#pipeline';
import { AdminController } from '../http/admin-controller.js';
import { CalledBy } from '../http/caller.js';
import { readDocument } from '../http/document.js';
import { notFound } from '../http/problem.js';
import { ErasureDto, ErasureViewDto } from './erasure.dto.js';

@AdminController('erasures', 'Erasures')
export class ErasuresController {
  constructor(
    private readonly erasures: ErasuresService,
    private readonly audit: AuditLog,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Forget a person',
    description:
      'Takes what was accepted about them before this call out of what waits, history, dead letters and rejections.',
  })
  @ApiBody({ type: ErasureDto })
  @ApiResponse({ status: 201, description: 'Under way.', type: ErasureViewDto })
  async create(
    @CalledBy() author: Author,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ErasureView> {
    const { member, field, value } = readSubject(body);
    const act = { action: 'create', target: { kind: 'erasure', id: null }, members: [member] };
    const work = (): Promise<ErasureView> => this.erasures.create(field, value);
    const erasure = await this.audit.around(author, act, work, ({ id }) => id);
    reply.header('Location', `/admin/v1/erasures/${erasure.id}`);
    return erasure;
  }

  @Get(':id')
  @ApiOperation({ summary: 'How far an erasure has got' })
  @ApiResponse({ status: 200, description: 'Its state.', type: ErasureViewDto })
  async read(@Param('id') id: string): Promise<ErasureView> {
    const erasure = await this.erasures.find(id);
    if (!erasure) throw notFound(`There is no erasure "${id}".`);
    return erasure;
  }
}

function readSubject(body: unknown): {
  readonly member: keyof ErasureDto;
  readonly field: Subject['field'];
  readonly value: string;
} {
  const { userId, anonymousId, email } = readDocument(ErasureDto, body);
  const given = [
    { member: 'userId', field: 'user_id', value: userId },
    { member: 'anonymousId', field: 'anonymous_id', value: anonymousId },
    { member: 'email', field: 'email', value: email },
  ] as const;
  const [subject, ...others] = given.flatMap(({ value, ...names }) => (value?.trim() ? [{ ...names, value }] : []));
  if (subject && others.length === 0) return subject;
  throw invalid([
    { pointer: '', message: 'must have exactly one of userId, anonymousId, email, and it must not be blank' },
  ]);
}
