import { isJsonObject } from '#canonical';
import {
  gatherFaults,
  isId,
  pointerTo,
  type ConfigurationDocument,
  type DestinationDraft,
  type DocumentEntry,
  type PointedFault,
  type SourceDraft,
} from '#control-plane';
import { readDestinationDraft } from '../destinations/destination.view.js';
import { readObject } from '../http/document.js';
import { readSourceDraft } from '../sources/source.view.js';

interface DraftReader<T> {
  (body: unknown): { readonly id?: string; readonly draft: T };
}

/** Throws ConfigurationError only where it is no document at all; other faults are for whoever plans it to report. */
export function readConfigurationDocument(body: unknown): ConfigurationDocument {
  const { sources, destinations, ...rest } = readObject(body);
  const faults: PointedFault[] = Object.keys(rest).map((name) => ({
    pointer: pointerTo('', name),
    message: 'is not a known member',
  }));
  return {
    sources: readEntries<SourceDraft>(sources, '/sources', faults, readSourceDraft),
    destinations: readEntries<DestinationDraft>(destinations, '/destinations', faults, (entry) =>
      readDestinationDraft(withoutMissingPause(entry)),
    ),
    faults,
  };
}

function readEntries<T>(
  list: unknown,
  pointer: string,
  faults: PointedFault[],
  read: DraftReader<T>,
): readonly DocumentEntry<T>[] {
  if (!Array.isArray(list)) {
    // Left out by mistake, it would delete all of them.
    const message = list === undefined ? 'is required; an empty list stands for none' : 'must be a list';
    faults.push({ pointer, message });
    return [];
  }
  const places = new Map<string, string>();
  return list.flatMap((entry: unknown, index) => {
    const at = pointerTo(pointer, index);
    const found = gatherFaults(at, faults, () => read(entry));
    if (!found) return [];
    const { id, draft } = found;
    const message = faultOfId(id, places);
    if (message !== undefined) faults.push({ pointer: `${at}/id`, message });
    if (id === undefined || message !== undefined) return [];
    places.set(id, at);
    return [{ id, pointer: at, draft }];
  });
}

function faultOfId(id: string | undefined, places: ReadonlyMap<string, string>): string | undefined {
  if (id === undefined) return 'is required: without it the document would create another one each time';
  if (!isId(id)) return 'must be 1 to 64 letters, digits, hyphens or underscores';
  const place = places.get(id);
  return place === undefined ? undefined : `is the id of ${place} already`;
}

/** An export shows such a destination as paused, but nobody asked for it: with its credentials it shall run. */
function withoutMissingPause(entry: unknown): unknown {
  if (!isJsonObject(entry) || entry.pauseReason !== 'credentials_missing') return entry;
  const { paused: _, ...rest } = entry;
  return rest;
}
