import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminPaths } from './admin-paths.js';

/** Answers what admin controllers throw. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly paths: AdminPaths) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.paths.answerError(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}
