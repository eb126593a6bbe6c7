import type { Socket } from 'node:net';

/** What is used of Node's HTTP parser, which is not documented. */
interface Parser {
  /** False from the first letter of a head to the empty line behind it, and before the first head. */
  headersCompleted(): boolean;
  /** A copy of the packet that was parsed just now. */
  getCurrentBuffer(): Buffer;
}

type Hook = (result: unknown) => void;

/**
 * Hands over every packet that ends in the middle of a head, also where the parser gives up there. False: this Node's
 * parser is another one, and nothing is watched.
 *
 * Nothing that is documented does this: the `rawPacket` of a client error is the last packet alone, and a listener for
 * `data` takes the reading off the parser, which costs every request two microseconds. This costs a twentieth of one.
 */
export function watchHeads(socket: Socket, onPart: (packet: Buffer) => void): boolean {
  const parser = 'parser' in socket ? socket.parser : undefined;
  if (!isParser(parser)) return false;
  // Called after each packet, with an error where it could not be parsed; of the connection, not of the parser's kind.
  const slot: unknown = Reflect.get(parser.constructor, 'kOnExecute');
  const usual: unknown = typeof slot === 'number' ? Reflect.get(parser, slot) : undefined;
  if (typeof slot !== 'number' || !isHook(usual)) return false;
  const watching: Hook = (result) => {
    if (!parser.headersCompleted()) onPart(parser.getCurrentBuffer());
    usual(result);
  };
  return Reflect.set(parser, slot, watching);
}

function isParser(value: unknown): value is Parser {
  if (typeof value !== 'object' || value === null) return false;
  return ['headersCompleted', 'getCurrentBuffer'].every((method) => typeof Reflect.get(value, method) === 'function');
}

function isHook(value: unknown): value is Hook {
  return typeof value === 'function';
}
