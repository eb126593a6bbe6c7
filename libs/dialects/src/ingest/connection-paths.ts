import type { Socket } from 'node:net';
import { watchHeads } from './head-watch.js';

/** What is known of a connection when Node's parser gives up on it: there is no request then, only the socket. */
interface Connection {
  /** Of the last request whose head was good. */
  target: string | undefined;
  /** What is kept of a head that has begun and is not complete; empty: none has. */
  head: string;
  isWatched: boolean;
}

const connections = new WeakMap<Socket, Connection>();

/** Whose a head is, the beginning of its target tells. */
const MAX_KEPT_CHARS = 2_048;
/** As much of one as has come. It may stand behind an earlier request, whose body ends in what JSON ends in. */
const REQUEST_LINE = /(?:^|[\n}\]])[A-Za-z-]{1,20} ((?:https?:\/)?\/\S*)/g;

/** To be called for every connection before anything is read from it. */
export function watchConnection(socket: Socket): void {
  const connection: Connection = { target: undefined, head: '', isWatched: false };
  connections.set(socket, connection);
  connection.isWatched = watchHeads(socket, (packet) => {
    connection.head = kept(connection.head + packet.toString('latin1'), connection.target);
  });
}

/** Remembers what a request asks for: its body may still be broken. */
export function noteTarget(socket: Socket, target: string | undefined): void {
  const connection = connections.get(socket);
  if (!connection) return;
  connection.target = target;
  connection.head = '';
}

/**
 * What the bytes asked for that Node's parser gave up on; where they do not say, the connection's last request is taken
 * to blame. `packet` is the last one that came.
 */
export function refusedTarget(socket: Socket, packet: unknown): string | undefined {
  const connection = connections.get(socket);
  const bytes = Buffer.isBuffer(packet) ? packet.toString('latin1') : '';
  const head = connection?.isWatched ? connection.head : bytes;
  return newLine(head, connection?.target)?.[1] ?? connection?.target;
}

function kept(text: string, known: string | undefined): string {
  const line = newLine(text, known);
  return line ? text.slice(line.index, line.index + MAX_KEPT_CHARS) : text.slice(-MAX_KEPT_CHARS);
}

/** The first request line that is not the one of the last good request, which may have come in the same packet. */
function newLine(text: string, known: string | undefined): RegExpExecArray | undefined {
  for (const line of text.matchAll(REQUEST_LINE)) if (line[1] !== known) return line;
  return undefined;
}
