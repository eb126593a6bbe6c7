import { connect } from 'node:net';

export type ServerAnswer = 'up' | 'loading' | 'silent' | 'gone';

const ANSWER_TIMEOUT_MS = 2_000;

/** Whether a server listens on this socket and has read its files. */
export async function ping(socketPath: string): Promise<ServerAnswer> {
  return converse(socketPath, 'PING\r\n');
}

/** Asks a server that nobody owns any more to end. What it acknowledged is in its append-only file already. */
export async function shutDown(socketPath: string): Promise<void> {
  await converse(socketPath, 'SHUTDOWN NOSAVE\r\n');
}

function converse(socketPath: string, command: string): Promise<ServerAnswer> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const settle = (answer: ServerAnswer): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding('utf8').setTimeout(ANSWER_TIMEOUT_MS, () => settle('silent'));
    socket.on('connect', () => socket.write(command));
    socket.on('data', (reply: string) => settle(reply.startsWith('-LOADING') ? 'loading' : 'up'));
    socket.on('end', () => settle('silent'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      settle(error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? 'gone' : 'silent');
    });
  });
}
