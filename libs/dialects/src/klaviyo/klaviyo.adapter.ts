import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { isTimestamp } from '#canonical';
import type { JsonSchema } from '#destinations';
import type { CheckContext, Checked, Refused, Rejection, Reply } from '../dialect.js';
import { rejectedName } from '../rejected-name.js';
import { replyToViolations, MAX_ERRORS } from './klaviyo.errors.js';
import { eventCounts, eventListPointer, eventsOf, itemsOf, nameOf, positionOf, type Layout } from './klaviyo.layout.js';
import { latestTime, type Breach } from './klaviyo.limits.js';
import { applyRules, type RepeatRule } from './klaviyo.rules.js';
import { bodySchema } from './klaviyo.schema.js';

export const MAX_EVENTS = 1000;

/** Since this revision a bulk request that repeats a `unique_id` fails; before, the first event won. */
const REPEATS_FAIL_SINCE = '2025-01-15';

/** Answers at once, at the first fault. */
const deciding = new Ajv({ strict: true, allowUnionTypes: true });
/** Lists every fault; only for bodies that were refused, and compiled with the first of them. */
const explaining = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true, verbose: true });

export interface Adapter {
  readonly schema: JsonSchema;
  readonly check: (body: unknown, context: CheckContext) => Checked | Refused;
}

export function adapterFor(layout: Layout): Adapter {
  const schema = bodySchema(layout, MAX_EVENTS);
  const accepts = deciding.compile(schema);
  let explain: ValidateFunction | undefined;
  const errorsOf = (body: unknown): readonly ErrorObject[] => {
    explain ??= explaining.compile(schema);
    explain(body);
    return explain.errors ?? [];
  };
  return { schema, check: (body, context) => check(body, context, layout, accepts, errorsOf) };
}

function check(
  body: unknown,
  context: CheckContext,
  layout: Layout,
  accepts: ValidateFunction,
  errorsOf: (body: unknown) => readonly ErrorObject[],
): Checked | Refused {
  const counts = eventCounts(body, layout);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total > MAX_EVENTS || counts.length > MAX_EVENTS) {
    const detail = `A request must not have more than ${MAX_EVENTS} events.`;
    return refuse([{ pointer: eventListPointer(layout), detail }], body, context, layout, counts);
  }
  const valid = accepts(body);
  const findings = applyRules(body, {
    layout,
    latest: latestTime(context.receivedAt),
    repeats: repeatRule(layout, context.request.headers.revision),
    maxBreaches: MAX_ERRORS,
  });
  if (!valid || findings.breaches.length > 0) {
    const faults = valid ? [] : distinct(errorsOf(body).map(toBreach));
    return refuse([...faults, ...findings.breaches], body, context, layout, counts);
  }
  const { naturalKeys } = findings;
  return { kind: 'checked', total, rejected: [], ...(naturalKeys && { naturalKeys }) };
}

/** Only the date counts; without a readable one the newest rules hold. */
function repeatRule(layout: Layout, revision: string | undefined): RepeatRule {
  if (layout === 'single') return 'first_wins';
  const date = /^\d{4}-\d{2}-\d{2}(?=\.|$)/.exec(revision ?? '')?.[0];
  return date !== undefined && isTimestamp(date) && date < REPEATS_FAIL_SINCE ? 'first_wins' : 'refuse';
}

function refuse(
  breaches: readonly Breach[],
  body: unknown,
  context: CheckContext,
  layout: Layout,
  counts: readonly number[],
): Refused {
  const events = itemsOf(body, layout).flatMap((item) => eventsOf(item, layout));
  const rejected = breaches.slice(0, MAX_ERRORS).map(({ pointer, detail }): Rejection => {
    const index = positionOf(pointer, layout, counts);
    return { index, code: 'invalid', detail, pointer, ...rejectedName(nameOf(events[index])) };
  });
  rejected.sort((one, other) => one.index - other.index);
  return { kind: 'refused', reply: replyToViolations(rejected, context.request), rejected };
}

const DETAILS: Readonly<Record<string, string>> = {
  email: 'Invalid email address',
  phone_number: 'Invalid phone number format (Example of a valid format: +12345678901)',
  value_currency: "'value_currency' must be a three-letter ISO 4217 code.",
};

/** A schema's complaint in the vendor's words. */
function toBreach({ instancePath, keyword, params, data, parentSchema }: ErrorObject): Breach {
  const pointer = instancePath === '' ? '/data' : instancePath;
  const field = pointer.slice(pointer.lastIndexOf('/') + 1);
  const expected = params as Readonly<Record<string, unknown>>;
  switch (keyword) {
    case 'required': {
      const missing = String(expected.missingProperty);
      const detail = `'${missing}' is a required field for the resource '${String(parentSchema?.title)}'.`;
      return { pointer: `${instancePath}/${missing}`, detail };
    }
    case 'pattern':
    case 'maxLength':
      return {
        pointer,
        detail: DETAILS[field] ?? `'${field}' must have fewer than ${Number(expected.limit) + 1} characters.`,
      };
    case 'const':
      return { pointer, detail: `'${field}' must be '${String(expected.allowedValue)}'.` };
    case 'minLength':
    case 'minItems':
      return { pointer, detail: `'${field}' must not be empty.` };
    case 'maxProperties':
      return { pointer, detail: `'${field}' must not have more than ${String(expected.limit)} members.` };
    default:
      if (data === null) return { pointer, detail: `'${field}' must not be null.` };
      return { pointer, detail: `'${field}' must be of type ${typeNames(expected.type)}.` };
  }
}

/** An address can be malformed and too long; that is one complaint. */
function distinct(breaches: readonly Breach[]): readonly Breach[] {
  return [...new Map(breaches.map((breach) => [`${breach.pointer} ${breach.detail}`, breach])).values()];
}

function typeNames(type: unknown): string {
  const names = Array.isArray(type) ? type.map(String) : [String(type)];
  return names.filter((name) => name !== 'null').join(' or ');
}

/** Validated and queued: 202 without a body, and so without a content type. The mechanism adds `Content-Length: 0`. */
export function replyAccepted(): Reply {
  return { status: 202, headers: {}, body: '' };
}
