import { connect } from 'node:net';

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
