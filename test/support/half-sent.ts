import { connect } from 'node:net';
import { onEnd } from './resources.js';

/** A request whose second half is still to come. */
export interface HalfSent {
  readonly finish: () => void;
  /** Breaks the connection. */
  readonly abort: () => void;
  /** Everything that came back until the connection was closed. */
  readonly answer: Promise<string>;
}

/** Sends the first half of a request's bytes and leaves the rest for later. */
export async function sendHalf(port: number, request: string): Promise<HalfSent> {
  const socket = connect(port, '127.0.0.1');
  onEnd(() => void socket.destroy());
  let text = '';
  socket.on('data', (part) => (text += part.toString()));
  const answer = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.on('error', () => undefined);
  const headEnd = request.indexOf('\r\n\r\n') + 4;
  const middle = headEnd + ((request.length - headEnd) >> 1);
  await new Promise<void>((resolve) => socket.write(request.slice(0, middle), () => resolve()));
  return {
    finish: () => void socket.write(request.slice(middle)),
    abort: () => void socket.resetAndDestroy(),
    answer,
  };
}
