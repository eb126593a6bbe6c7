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
  return validate(value) ? [] : (validate.errors ?? []).map((error) => faultOf(error, pointer));
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
  return { pointer: at, message: wordsOf(error) };
}

function wordsOf({ keyword, params, message }: ErrorObject): string {
  if (keyword !== 'enum') return message ?? 'is not valid';
  const { allowedValues } = params as { readonly allowedValues?: unknown };
  return `must be one of ${Array.isArray(allowedValues) ? allowedValues.join(', ') : 'the allowed values'}`;
}
