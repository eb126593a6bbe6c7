import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { isJsonObject, type JsonObject } from '#canonical';
import { invalid, pointerTo, type PointedFault } from '#control-plane';

const MAX_DEPTH = 32;

export type DocumentClass<T extends object> = new () => T;

/** Shape of a document as its class declares it. Throws ConfigurationError with a pointer per fault. */
export function readDocument<T extends object>(type: DocumentClass<T>, body: unknown): T {
  const document = plainToInstance(type, readObject(body), { exposeDefaultValues: false });
  const errors = validateSync(document, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    // Type checks stand nearest to their member, so they speak first.
    stopAtFirstError: true,
    validationError: { target: false },
  });
  if (errors.length > 0) throw invalid(errors.flatMap((error) => faultsOf(error, '')));
  return document;
}

/** A body that is an object of harmless depth without `__proto__`; an absent one counts as empty. */
export function readObject(body: unknown): JsonObject {
  if (body === undefined) return {};
  if (!isJsonObject(body)) throw invalid([{ pointer: '', message: 'must be a JSON object' }]);
  const fault = hazardIn(body);
  if (fault) throw invalid([fault]);
  return body;
}

/** Walks without recursion: it runs before anything else may recurse. */
function hazardIn(body: JsonObject): PointedFault | undefined {
  let level: readonly { readonly pointer: string; readonly value: object }[] = [{ pointer: '', value: body }];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return { pointer: '', message: `must not be nested deeper than ${MAX_DEPTH} levels` };
    const members = level.flatMap(({ pointer, value }) =>
      Object.entries(value).map(([name, member]: [string, unknown]) => ({
        at: pointerTo(pointer, name),
        name,
        member,
      })),
    );
    const poisoned = members.find(({ name }) => name === '__proto__');
    if (poisoned) return { pointer: poisoned.at, message: 'is not a known member' };
    level = members.flatMap(({ at, member }) =>
      typeof member === 'object' && member !== null ? [{ pointer: at, value: member }] : [],
    );
  }
  return undefined;
}

function faultsOf(
  { property, value, constraints = {}, children = [] }: ValidationError,
  parent: string,
): readonly PointedFault[] {
  const pointer = pointerTo(parent, property);
  const own = Object.entries(constraints).map(([rule, message]) => ({
    pointer,
    message: wordsOf(rule, message, property, value),
  }));
  return [...own, ...children.flatMap((child) => faultsOf(child, pointer))];
}

function wordsOf(rule: string, message: string, property: string, value: unknown): string {
  if (rule === 'whitelistValidation') return 'is not a known member';
  if (value === undefined) return 'is required';
  // The pointer names the member already.
  return message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
}
