import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';

export type Decompressed =
  | { readonly kind: 'decompressed'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'unsupported_encoding' }
  | { readonly kind: 'bad_encoding' };

type Decoder = (bytes: Buffer, options: ZlibOptions) => Promise<Buffer>;

const unzip: Decoder = promisify(gunzip);
const unbrotli: Decoder = promisify(brotliDecompress);
const inflateWrapped: Decoder = promisify(inflate);
const inflateBare: Decoder = promisify(inflateRaw);

// "deflate" means the zlib format, yet some clients send it without its two header bytes.
const undeflate: Decoder = (bytes, options) => (hasZlibHeader(bytes) ? inflateWrapped : inflateBare)(bytes, options);

const DECODERS: ReadonlyMap<string, Decoder> = new Map([
  ['gzip', unzip],
  ['x-gzip', unzip],
  ['deflate', undeflate],
  ['br', unbrotli],
]);

/** Each may hold a whole body of output: more at once would only fill memory, zlib has four threads. */
const MAX_CONCURRENT = 8;

/** Undoes one `Content-Encoding`; lists of several are unsupported. Output is bounded while it is made. */
export class Decompressor {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  static supports(encoding: string): boolean {
    return DECODERS.has(encoding);
  }

  async decompress(bytes: Buffer, encoding: string, maxBytes: number): Promise<Decompressed> {
    const decoder = DECODERS.get(encoding);
    if (!decoder) return { kind: 'unsupported_encoding' };
    await this.enter();
    try {
      return { kind: 'decompressed', bytes: await decoder(bytes, { maxOutputLength: maxBytes }) };
    } catch (error) {
      const { code } = error as { readonly code?: string };
      return { kind: code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'bad_encoding' };
    } finally {
      this.leave();
    }
  }

  private enter(): Promise<void> | undefined {
    if (this.running < MAX_CONCURRENT) {
      this.running++;
      return undefined;
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** A place goes straight to the next in line: `running` stays as it is. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running--;
  }
}

/** The encoding to undo, or undefined if the bytes are plain. */
export function encodingOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const encoding = header.trim().toLowerCase();
  return encoding === '' || encoding === 'identity' ? undefined : encoding;
}

/** Encoders make what does not compress a little longer than it was. */
const MAX_GROWTH = 1.01;

/** What a body of at most `maxBytes` may take as it is sent. */
export function maxBytesOnTheWire(encoding: string | undefined, maxBytes: number): number {
  return encoding === undefined ? maxBytes : Math.ceil(maxBytes * MAX_GROWTH);
}

function hasZlibHeader(bytes: Buffer): boolean {
  const [method = 0, flags = 0] = bytes;
  return (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0;
}
