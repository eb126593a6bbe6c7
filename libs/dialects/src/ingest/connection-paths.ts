import type { Socket } from 'node:net';

const lastTargets = new WeakMap<Socket, string>();

/** Remembers what a connection asked for: when Node's parser gives up in the middle of a body, only the socket is left. */
export function noteTarget(socket: Socket, target: string | undefined): void {
  if (target !== undefined) lastTargets.set(socket, target);
}

/** The target of the connection's last request that reached ingest. */
export function lastTarget(socket: Socket): string | undefined {
  return lastTargets.get(socket);
}
