import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

export interface ReadBody {
  readonly text: string;
  /** There was more than `maxBytes`. */
  readonly cut: boolean;
}

/**
 * Reads a response body as UTF-8 text, decompressed, up to `maxBytes`; what lies beyond is neither read nor unpacked.
 * A body that does not unpack gives what came out before the fault: the status says what the answer meant.
 * @throws what the connection threw when it ended in the middle of the body.
 */
export async function readBody(body: Readable, contentEncoding: string, maxBytes: number): Promise<ReadBody> {
  const decoder = decoderFor(contentEncoding);
  if (!decoder) return join(await collect(body, maxBytes), maxBytes);
  // The pipeline closes both ends when reading stops early; its own verdict is told by the iteration below.
  pipeline(body, decoder, () => undefined);
  const chunks: Buffer[] = [];
  try {
    await collect(decoder, maxBytes, chunks);
  } catch (error) {
    if (!isDecodingFault(error)) throw error;
  }
  return join(chunks, maxBytes);
}

function decoderFor(contentEncoding: string): Transform | undefined {
  switch (contentEncoding.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      return undefined;
  }
}

async function collect(stream: Readable, maxBytes: number, chunks: Buffer[] = []): Promise<Buffer[]> {
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) break;
  }
  return chunks;
}

function join(chunks: readonly Buffer[], maxBytes: number): ReadBody {
  const bytes = Buffer.concat(chunks);
  return { text: bytes.subarray(0, maxBytes).toString('utf8'), cut: bytes.length > maxBytes };
}

function isDecodingFault(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return (
    code.startsWith('Z_') || code.startsWith('ERR_BROTLI') || code.startsWith('ERR__ERROR') || code === 'ERR_PADDING_2'
  );
}
