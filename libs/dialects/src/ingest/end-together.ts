import type { ServerResponse } from 'node:http';

let ready: (readonly [ServerResponse, string])[] = [];

/**
 * Ends a response with its body, along with all others that get ready in the same turn. Requests that shared a write are
 * answered at once, and whoever sent them reads the first answer while the last are being sent: with work in between, it
 * would fall asleep after each, and waking it costs more than sending.
 */
export function endTogether(response: ServerResponse, body: string): void {
  if (ready.push([response, body]) === 1) process.nextTick(endAll);
}

function endAll(): void {
  const ending = ready;
  ready = [];
  for (const [response, body] of ending) response.end(body);
}
