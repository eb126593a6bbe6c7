import { once } from 'node:events';
import { connect } from 'node:net';

/** A command to Redis: its words, each byte one character (latin1). */
export type RedisCommand = readonly string[];

/** Reads an append-only file without RDB preamble: commands in the Redis protocol, one after the other. */
export function readAppendOnlyFile(file: Buffer): readonly RedisCommand[] {
  const text = file.toString('latin1');
  const commands: RedisCommand[] = [];
  let at = 0;
  const count = (sign: string): number => {
    const end = text.indexOf('\r\n', at);
    if (text[at] !== sign || end < 0) throw new Error(`no command at byte ${at} of the append-only file`);
    const value = Number(text.slice(at + 1, end));
    at = end + 2;
    return value;
  };
  const word = (): string => {
    const bytes = count('$');
    const value = text.slice(at, at + bytes);
    at += bytes + 2;
    return value;
  };
  while (at < text.length) commands.push(Array.from({ length: count('*') }, word));
  return commands;
}

/** Has a server run these commands; rejects if it refuses one. */
export async function runCommands(socketPath: string, commands: readonly RedisCommand[]): Promise<void> {
  const socket = connect(socketPath);
  let replies = '';
  socket.setEncoding('latin1').on('data', (part: string) => (replies += part));
  await once(socket, 'connect');
  for (const command of commands) {
    const words = command.map((word) => `$${word.length}\r\n${word}\r\n`).join('');
    socket.write(`*${command.length}\r\n${words}`, 'latin1');
  }
  socket.end('*1\r\n$4\r\nQUIT\r\n');
  await once(socket, 'close');
  const refusal = /^-.*$/m.exec(replies)?.[0];
  if (refusal !== undefined) throw new Error(`Redis refused a command: ${refusal}`);
}
