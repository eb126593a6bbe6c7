/** A fault in a document and where it is: `pointer` is a JSON pointer (RFC 6901), empty for the whole document. */
export interface PointedFault {
  readonly pointer: string;
  readonly message: string;
}

export function pointerTo(parent: string, segment: string | number): string {
  return `${parent}/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
