import { CliFailure, EXIT, messageOf, type Problem } from '../failure.js';

export interface AdminRequest {
  readonly method?: 'GET' | 'PUT' | 'POST';
  /** Below `/admin/v1`, with query. */
  readonly path: string;
  /** With its media type; an object goes as JSON. */
  readonly body?: { readonly type: string; readonly text: string };
  readonly accept?: string;
  /** Until the head of the answer; default 30 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 30_000;

/** The admin API as the holder of the token sees it. Everything but 2xx is thrown as CliFailure. */
export class GatewayClient {
  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
  ) {}

  async json(request: AdminRequest): Promise<unknown> {
    return JSON.parse(await this.text({ accept: 'application/json', ...request })) as unknown;
  }

  async text(request: AdminRequest): Promise<string> {
    const response = await this.open(request);
    return response.text();
  }

  /** The answer as soon as its head is there. */
  async open({
    method = 'GET',
    path,
    body,
    accept = '*/*',
    timeoutMs = TIMEOUT_MS,
    signal,
  }: AdminRequest): Promise<Response> {
    const url = `${this.baseUrl}/admin/v1${path}`;
    const headers = {
      authorization: `Bearer ${this.token}`,
      accept,
      ...(body ? { 'content-type': body.type } : {}),
    };
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(new Error(`no answer in ${timeoutMs / 1_000} s`)), timeoutMs);
    const signals = AbortSignal.any([patience.signal, ...(signal ? [signal] : [])]);
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers,
        signal: signals,
        redirect: 'error',
        ...(body && { body: body.text }),
      });
    } catch (error) {
      throw unreachable(url, error);
    } finally {
      clearTimeout(timer);
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

/** JSON as a request's body. */
export function jsonBody(value: unknown): { readonly type: string; readonly text: string } {
  return { type: 'application/json', text: JSON.stringify(value) };
}

export function unreachable(url: string, error: unknown): CliFailure {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  const reason = cause === undefined ? messageOf(error) : `${messageOf(error)} (${messageOf(cause) || 'no answer'})`;
  return new CliFailure(
    `Cannot reach ${new URL(url).origin}: ${reason}. Is the gateway running, and is --url right?`,
    EXIT.unreachable,
  );
}

async function refusal(response: Response): Promise<CliFailure> {
  const { status } = response;
  const problem = readProblem(status, await response.text());
  if (status === 401) {
    const advice = 'The gateway does not know this admin token. Give EVENT_GATEWAY_TOKEN or --token-file.';
    return new CliFailure(advice, EXIT.refused, problem);
  }
  return new CliFailure(`Refused (${status} ${problem.code}): ${problem.detail}`, EXIT.refused, problem);
}

function readProblem(status: number, text: string): Problem {
  const body = parsed(text);
  const member = (name: string): unknown => (isObject(body) ? body[name] : undefined);
  const textOf = (name: string, otherwise: string): string => {
    const value = member(name);
    return typeof value === 'string' ? value : otherwise;
  };
  const errors = member('errors');
  return {
    status,
    code: textOf('code', 'unknown'),
    detail: textOf('detail', text.slice(0, 200) || 'the answer says nothing more'),
    errors: (Array.isArray(errors) ? errors : []).filter(isObject).map(({ pointer, message }) => ({
      pointer: String(pointer),
      message: String(message),
    })),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
