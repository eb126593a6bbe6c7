import { invalid } from '#control-plane';

/** A query parameter that is `true`, `false` or absent. */
export function readFlag(text: string | undefined, pointer: string): boolean {
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw invalid([{ pointer, message: 'must be true or false' }]);
}
