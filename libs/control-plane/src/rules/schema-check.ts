import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonObject } from '#canonical';
import type { JsonSchema } from '#destinations';
import { pointerTo, type PointedFault } from '../json-pointer.js';

export interface SchemaFault extends PointedFault {
  /** The member whose absence is the fault. */
  readonly missing?: string;
}

const ajv = new Ajv2020({
  allErrors: true,
  strict: false,
  validateFormats: false,
  ownProperties: true,
  addUsedSchema: false,
});

/** Schemas belong to connectors and dialects, which live as long as the process. */
const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/** Checks settings against the schema that their connector or dialect declares. `pointer` is where they stand. */
export function checkAgainstSchema(schema: JsonSchema, value: JsonObject, pointer: string): readonly SchemaFault[] {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  if (validate(value)) return [];
  // What is wrong with a name has an error of its own beside this one.
  const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'propertyNames');
  return errors.map((error) => faultOf(error, pointer));
}

function faultOf(error: ErrorObject, pointer: string): SchemaFault {
  const at = `${pointer}${error.instancePath}`;
  const { missingProperty, additionalProperty } = error.params as Readonly<Record<string, unknown>>;
  if (typeof missingProperty === 'string') {
    return { pointer: pointerTo(at, missingProperty), message: 'is required', missing: missingProperty };
  }
  if (typeof additionalProperty === 'string') {
    return { pointer: pointerTo(at, additionalProperty), message: 'is not a known member' };
  }
  if (error.propertyName !== undefined) {
    return { pointer: pointerTo(at, error.propertyName), message: 'is not a name that is taken here' };
  }
  return { pointer: at, message: wordsOf(error) };
}

function wordsOf({ keyword, params, message }: ErrorObject): string {
  if (keyword !== 'enum') return message ?? 'is not valid';
  const { allowedValues } = params as { readonly allowedValues?: unknown };
  return `must be one of ${Array.isArray(allowedValues) ? allowedValues.join(', ') : 'the allowed values'}`;
}
