import { applyDecorators, Controller, UseFilters } from '@nestjs/common';
import { ApiBearerAuth, ApiDefaultResponse, ApiTags } from '@nestjs/swagger';
import { ProblemFilter } from './problem.filter.js';

/** A controller below `/admin/v1`: bearer token, problems instead of the framework's errors. */
export function AdminController(path: string, tag: string): ClassDecorator {
  return applyDecorators(
    Controller(`admin/v1/${path}`),
    UseFilters(ProblemFilter),
    ApiTags(tag),
    ApiBearerAuth('adminToken'),
    ApiDefaultResponse({
      description: 'Anything else: a problem by RFC 9457 with a stable `code`.',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDto' } } },
    }),
  );
}
