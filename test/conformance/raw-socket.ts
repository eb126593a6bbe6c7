import { connect, type Socket } from 'node:net';

/** Sends bytes as they are and resolves with everything that came back until the server hung up. */
export function exchange(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.on('error', reject);
  });
}

/** Sends bytes and resolves with the first answer that is complete, whether or not the server hangs up. */
export function firstAnswer(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      const bodyAt = text.indexOf('\r\n\r\n') + 4;
      if (length === undefined || bodyAt < 4 || Buffer.byteLength(text.slice(bodyAt)) < Number(length)) return;
      socket.destroy();
      resolve(text);
    });
    socket.on('error', reject);
  });
}

/**
 * Sends a body only once the answer to its head is complete, as a slow caller may. Resolves with the answer when the
 * server hangs up, rejects if the connection breaks before the body is out.
 */
export function answerBeforeBody(port: number, head: string, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    let isSent = false;
    const socket = connect(port, '127.0.0.1', () => socket.write(head));
    socket.on('data', (chunk) => {
      const isFirst = text === '';
      text += chunk.toString('utf8');
      if (isFirst) socket.write(body, () => (isSent = true));
    });
    socket.on('close', () =>
      isSent ? resolve(text) : reject(new Error('the connection broke before the body was out')),
    );
    socket.on('error', reject);
  });
}

/**
 * Sends parts so that a server in this process reads each of them alone, and resolves with everything that came back
 * until the server hung up.
 */
export function exchangeInParts(port: number, parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => void sendAll(socket, parts));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
    socket.on('error', reject);
  });
}

async function sendAll(socket: Socket, parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    await new Promise<void>((resolve) => socket.write(part, 'latin1', () => resolve()));
    // The loop turns once more: whoever reads in this process has read by then.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}
