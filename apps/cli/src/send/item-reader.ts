import { open, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { isJsonObject, type Json, type JsonObject } from '#canonical';
import { CliFailure, EXIT, messageOf } from '../failure.js';
import { listIn, withList, type RequestShape } from './request-shape.js';

/** One item of a file. */
export interface ReadItem {
  readonly item: Json;
  /** What stood around it in its request body; empty for an item on a line of its own. */
  readonly envelope: JsonObject;
  /** For people: `line 3`. */
  readonly place: string;
  /** Of the file, up to and including this item. */
  readonly readBytes: number;
}

export interface ItemFile {
  /** Null: not known, as on standard input. */
  readonly bytes: number | null;
  items(): AsyncGenerator<ReadItem>;
}

/**
 * A file of one item a line, of one request body a line, or of one JSON document: a request body, or a list of items or
 * bodies. `-` is standard input. Lines are read as they are needed. Rejects with CliFailure.
 */
export async function openItems(file: string, shape: RequestShape): Promise<ItemFile> {
  if (file === '-') return { bytes: null, items: () => readLines(process.stdin, shape) };
  let handle: FileHandle;
  try {
    handle = await open(file);
  } catch (error) {
    throw new CliFailure(`Cannot read ${file}: ${messageOf(error)}`, EXIT.usage);
  }
  const { size } = await handle.stat();
  return { bytes: size, items: () => readLines(handle.createReadStream(), shape) };
}

async function* readLines(input: NodeJS.ReadableStream, shape: RequestShape): AsyncGenerator<ReadItem> {
  let readBytes = 0;
  let number = 0;
  const lines = createInterface({ input, crlfDelay: Infinity });
  const iterator = lines[Symbol.asyncIterator]();
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    const line = next.value;
    number += 1;
    readBytes += Buffer.byteLength(line) + 1;
    const trimmed = line.replace(/^\uFEFF/, '').trim();
    if (trimmed === '') continue;
    const value = parsed(trimmed);
    if (value === undefined && number === 1) {
      // No value of its own: the first line of a document over many lines.
      const document = await rest(line, iterator);
      yield* readDocument(document, shape);
      return;
    }
    if (value === undefined) throw new CliFailure(`Line ${number} is no JSON.`, EXIT.refused);
    yield* itemsOf(value, `line ${number}`, readBytes, shape);
  }
}

async function rest(first: string, iterator: AsyncIterator<string>): Promise<string> {
  const lines = [first];
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) lines.push(next.value);
  return lines.join('\n');
}

function* readDocument(text: string, shape: RequestShape): Generator<ReadItem> {
  let value: Json;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
  } catch (error) {
    const message = `The file is neither one JSON value a line nor a JSON document: ${messageOf(error)}`;
    throw new CliFailure(message, EXIT.refused);
  }
  yield* itemsOf(value, 'document', Buffer.byteLength(text), shape);
}

function* itemsOf(value: Json, place: string, readBytes: number, shape: RequestShape): Generator<ReadItem> {
  if (Array.isArray(value)) {
    const entries = value as readonly Json[];
    for (const [index, entry] of entries.entries())
      yield* itemsOf(entry, `${place}, entry ${index + 1}`, readBytes, shape);
    return;
  }
  const list = isJsonObject(value) ? listIn(value, shape) : undefined;
  if (!isJsonObject(value) || !list) {
    yield { item: value, envelope: {}, place, readBytes };
    return;
  }
  const envelope = withList(value, [], shape);
  for (const [index, item] of list.entries()) yield { item, envelope, place: `${place}, item ${index + 1}`, readBytes };
}

/** Undefined: no JSON. */
function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
