type Node = Record<string, unknown>;

/**
 * OpenAPI 3.1 schemas are JSON Schema: `nullable` of 3.0, which is what decorators write, means nothing there, and a
 * validator would refuse the nulls that are sent. Gives the document with every `nullable` said in today's words.
 */
export function plainJsonSchema<T>(document: T): T {
  return rewritten(document) as T;
}

function rewritten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewritten);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, rewritten(member)] as const);
  const node: Node = Object.fromEntries(members);
  return typeof node.nullable === 'boolean' ? withNull(node) : node;
}

function withNull({ nullable, ...schema }: Node): Node {
  if (nullable === false) return schema;
  if (typeof schema.type === 'string' && schema.enum === undefined) return { ...schema, type: [schema.type, 'null'] };
  const { description, ...rest } = schema;
  return { ...(description === undefined ? {} : { description }), anyOf: [rest, { type: 'null' }] };
}
