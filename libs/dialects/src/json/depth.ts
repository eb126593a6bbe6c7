/** How deep a value may nest, its own braces being level 1. Dialects measure an item or one of its fields. */
export const MAX_DEPTH = 100;

/**
 * True if objects and arrays nest deeper than `levels`, the value's own braces being level 1. Never goes deeper than
 * the bound, so that a million levels cost no more than a hundred; scalars cost one comparison.
 */
export function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels < 1) return true;
  if (Array.isArray(value)) {
    for (const element of value as readonly unknown[]) {
      if (typeof element === 'object' && deeperThan(element, levels - 1)) return true;
    }
    return false;
  }
  for (const key in value) {
    const member: unknown = (value as Record<string, unknown>)[key];
    if (typeof member === 'object' && deeperThan(member, levels - 1)) return true;
  }
  return false;
}
