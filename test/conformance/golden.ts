import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '#canonical';
import type { RateWindow } from '#destinations';

export type GoldenState = 'shedding' | 'unavailable' | 'limited' | 'closing' | 'crash' | 'inflight_full';

export interface GoldenRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly rawBody?: string;
  readonly base64Body?: string;
}

export interface GoldenResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: unknown;
}

/** One case; see README.md beside this file. */
export interface Golden {
  readonly file: string;
  readonly title: string;
  readonly origin: string;
  readonly source: {
    readonly credentials: Readonly<Record<string, string>>;
    readonly name?: string;
    readonly enabled?: boolean;
    readonly rateLimit?: readonly RateWindow[];
  } | null;
  readonly receivedAt: string;
  readonly before?: readonly (GoldenRequest & { readonly response: GoldenResponse })[];
  readonly request: GoldenRequest;
  readonly response: GoldenResponse;
  readonly events?: readonly JsonObject[];
  readonly encoded?: JsonObject;
  readonly rejections?: readonly JsonObject[];
  readonly state?: GoldenState;
}

/** Every case of a dialect's folder, ascending by file name. */
export function readGoldens(dialectFolder: string): readonly Golden[] {
  const folder = join(dialectFolder, 'golden');
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => {
    const golden = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Omit<Golden, 'file'>;
    return { ...golden, file };
  });
}
