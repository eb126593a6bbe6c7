import { ConfigurationError, type ConfigurationFault } from '#control-plane';
import { isRedisAway } from '#platform';
import { problem, ProblemError, validationProblem, type Problem } from './problem.js';

export interface ProblemAnswer {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
  /** A fault of ours, to be logged. */
  readonly unexpected: boolean;
}

const RETRY_AFTER_SECONDS = '1';

/** What Fastify refuses before a handler runs, by its error code. */
const FRAMEWORK_PROBLEMS: ReadonlyMap<string, Problem> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', problem(413, 'payload_too_large', 'The body is larger than this address takes.')],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', problem(415, 'unsupported_media_type', 'Send application/json.')],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', problem(400, 'malformed_request', 'The body is not as long as announced.')],
  ['FST_ERR_CTP_INVALID_JSON_BODY', problem(400, 'malformed_json', 'The body is not valid JSON.')],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', problem(400, 'malformed_json', 'The body is empty.')],
]);

/** The one place that decides how an error reads outside. */
export function problemOfError(error: unknown): ProblemAnswer {
  if (error instanceof ProblemError) return { problem: error.problem, headers: error.headers, unexpected: false };
  if (error instanceof ConfigurationError) return answerOfFault(error.fault, error.message);
  if (isRedisAway(error)) return answerOfFault({ kind: 'store_unavailable' }, 'The store does not answer; try again.');
  // Nest wraps what Fastify throws; the original is the cause.
  const origin = memberOf(error, 'cause') ?? error;
  const known = FRAMEWORK_PROBLEMS.get(String(memberOf(origin, 'code')));
  if (known) return expected(known);
  const status = memberOf(origin, 'statusCode') ?? memberOf(error, 'status');
  if (memberOf(origin, 'name') === 'SyntaxError' && status === 400) {
    return expected(problem(400, 'malformed_json', 'The body is not valid JSON.'));
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return expected(problem(status, 'bad_request', 'The request could not be understood.'));
  }
  return { problem: problem(500, 'internal', 'Something went wrong here.'), headers: {}, unexpected: true };
}

function answerOfFault(fault: ConfigurationFault, detail: string): ProblemAnswer {
  switch (fault.kind) {
    case 'invalid':
      return expected(validationProblem(fault.errors));
    case 'not_found':
      return expected(problem(404, 'not_found', detail));
    case 'already_exists':
      return expected(problem(409, 'already_exists', detail));
    case 'changed_meanwhile':
    case 'exists_meanwhile':
      return expected(problem(412, fault.kind, detail));
    case 'not_rotatable':
    case 'credentials_missing':
    case 'unreadable':
      return expected(problem(409, fault.kind, detail));
    case 'being_discarded':
    case 'busy':
    case 'store_unavailable':
      return {
        problem: problem(503, fault.kind, detail),
        headers: { 'retry-after': RETRY_AFTER_SECONDS },
        unexpected: false,
      };
  }
}

function expected(answer: Problem): ProblemAnswer {
  return { problem: answer, headers: {}, unexpected: false };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
