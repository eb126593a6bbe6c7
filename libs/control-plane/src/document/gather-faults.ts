import { ConfigurationError } from '../configuration.errors.js';
import type { PointedFault } from '../json-pointer.js';

/** Does the work for one entry of a document; its faults are added with pointers into the document. */
export function gatherFaults<T>(pointer: string, faults: PointedFault[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConfigurationError) || error.fault.kind !== 'invalid') throw error;
    faults.push(...error.fault.errors.map((fault) => ({ ...fault, pointer: `${pointer}${fault.pointer}` })));
    return undefined;
  }
}
