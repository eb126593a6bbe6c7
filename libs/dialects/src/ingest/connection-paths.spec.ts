import { Socket } from 'node:net';
import { noteTarget, refusedTarget, watchConnection } from './connection-paths.js';

/** Without a parser that can be watched, as on a Node whose parser is another one. */
function unwatched(): Socket {
  const socket = new Socket();
  watchConnection(socket);
  return socket;
}

const packet = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('what a connection asked for that cannot be watched', () => {
  it.each([
    ['POST /v1/events HTTP/1.1\r\nBad Header', '/v1/events'],
    ['\r\nPOST http://gateway/v1/events HTTP/1.1\r\n', 'http://gateway/v1/events'],
    ['{}POST /v1/events', '/v1/events'],
    ['Bad Header: x\r\n', undefined],
    ['\u0016\u0003\u0001', undefined],
  ])('is read off the last packet: %j', (text, target) => {
    expect(refusedTarget(unwatched(), packet(text))).toBe(target);
  });

  it('is what its last request asked for, where the last packet does not say', () => {
    const socket = unwatched();
    noteTarget(socket, '/v1/batch');
    expect(refusedTarget(socket, packet('no length\r\n'))).toBe('/v1/batch');
    expect(refusedTarget(socket, undefined)).toBe('/v1/batch');
    expect(refusedTarget(socket, packet('POST /v1/batch HTTP/1.1\r\n\r\n{}POST /v1/events HTTP/1.1\r\n'))).toBe(
      '/v1/events',
    );
  });
});
