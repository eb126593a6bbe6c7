import type { CanonicalEvent } from '#canonical';

/** A stored request as a dialect decodes it again. */
export interface DecodableRequest {
  readonly dialect: string;
  readonly route: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sourceId: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly body: Buffer;
  /** False for events that were refused, and for repeats of earlier ones. */
  accepts(index: number): boolean;
  idAt(index: number): string;
}

/** Turns stored bytes into canonical events; bound by the app to the dialects. Pure: same bytes, same events. */
export abstract class EventDecoder {
  /** Aligned with the request's events; undefined where not accepted. */
  abstract decode(request: DecodableRequest): readonly (CanonicalEvent | undefined)[];
  /** The item at this position as its vendor's client sent it, credentials taken out. */
  abstract itemAt(request: Pick<DecodableRequest, 'dialect' | 'route' | 'body'>, index: number): unknown;
}

/** In place of a dialect: the body is a list of canonical events that were put back by a replay. */
export const PUT_BACK = '@canonical';
