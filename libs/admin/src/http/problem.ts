import { STATUS_CODES } from 'node:http';
import type { PointedFault } from '#control-plane';

/** RFC 9457, with a stable `code`. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  /** Stable, snake_case. */
  readonly code: string;
  readonly detail: string;
  /** Where the document or the query is at fault. */
  readonly errors?: readonly PointedFault[];
  /** `events_waiting`: how many. */
  readonly waiting?: number;
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Ends a request with a problem. */
export class ProblemError extends Error {
  constructor(
    readonly problem: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(problem.detail);
    this.name = 'ProblemError';
  }
}

export function problem(
  status: number,
  code: string,
  detail: string,
  more: Pick<Problem, 'errors' | 'waiting'> = {},
): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail, ...more };
}

export function notFound(detail: string): ProblemError {
  return new ProblemError(problem(404, 'not_found', detail));
}

export function validationProblem(errors: readonly PointedFault[]): Problem {
  return problem(422, 'validation_failed', 'Some members are not valid; `errors` says which.', { errors });
}
