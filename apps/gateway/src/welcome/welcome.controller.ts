import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Environment } from '#platform';
import { readProduct } from './product.js';
import { welcome, welcomePage, type Welcome } from './welcome-page.js';

@ApiExcludeController()
@Controller()
export class WelcomeController {
  private readonly answer: Welcome;

  constructor(environment: Environment) {
    this.answer = welcome(readProduct(), environment.role);
  }

  @Get()
  show(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Welcome | string {
    reply.header('vary', 'accept');
    if (!accept?.includes('text/html')) return this.answer;
    reply.type('text/html; charset=utf-8');
    return welcomePage(this.answer);
  }
}
