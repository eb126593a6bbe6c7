import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Longer than ingest takes to answer: its intake gives up before. */
const MAX_WAIT_MS = 10_000;

/** Connections whose last answer waits. */
const waiting = new WeakSet<Socket>();

/**
 * Answers what Node's parser gave up on, once the requests before it on the connection are answered: the caller takes the
 * first answer for that of its first request, whose events may have been kept. A connection whose answers take longer
 * than this waits is closed without one.
 */
export function afterEarlierAnswers(socket: Socket, answer: () => void, maxWaitMs = MAX_WAIT_MS): void {
  // Whatever else comes is no HTTP either.
  if (waiting.has(socket)) return;
  waiting.add(socket);
  const timer = setTimeout(() => socket.destroy(), maxWaitMs);
  const proceed = (): void => {
    const earlier = socket.destroyed ? undefined : earlierAnswer(socket);
    if (earlier) {
      earlier.once('close', proceed);
      return;
    }
    clearTimeout(timer);
    waiting.delete(socket);
    if (socket.writable) answer();
    else socket.destroy();
  };
  proceed();
}

/**
 * The answer that is due next, if its request came whole. Where Node keeps it is not documented; if it is not there, nothing
 * is waited for. What is documented, an event of each answer, every request would pay for.
 */
function earlierAnswer(socket: Socket): ServerResponse | undefined {
  const due: unknown = '_httpMessage' in socket ? socket._httpMessage : undefined;
  return isAnswer(due) && due.req.complete ? due : undefined;
}

function isAnswer(value: unknown): value is ServerResponse<IncomingMessage> {
  return value instanceof ServerResponse;
}
