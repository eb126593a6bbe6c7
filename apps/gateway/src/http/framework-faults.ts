import type { Fault, Reply, RequestView } from '#dialects';

export interface FaultRenderer {
  /** Undefined: the path belongs to no dialect. */
  (fault: Fault, request: RequestView): Reply | undefined;
}

/**
 * Answers what Fastify refuses before any hook or filter runs. The server exists before the modules do, so whoever can
 * speak for a dialect binds itself at start.
 */
export class FrameworkFaults {
  private renderer: FaultRenderer = () => undefined;

  bind(renderer: FaultRenderer): void {
    this.renderer = renderer;
  }

  render(fault: Fault, status: number, request: RequestView): Reply {
    return (
      this.renderer(fault, request) ?? plainReply(status, fault.kind, plainText[status] ?? 'The request was refused.')
    );
  }
}

const plainText: Readonly<Record<number, string>> = {
  400: 'The request could not be understood.',
  404: 'There is nothing at this address.',
  408: 'The request took too long to arrive.',
  413: 'The request is too large.',
  431: 'The request headers are too large.',
};

/** Where no dialect can be known: `{"error","message"}`. */
export function plainReply(status: number, error: string, message: string): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ error, message }),
  };
}
