/** Whether a text has more characters than that: code points, as JSON Schema counts them, not units of UTF-16. */
export function hasMoreCharacters(text: string, max: number): boolean {
  if (text.length <= max) return false;
  // No character takes more than two units.
  return text.length > 2 * max || [...text].length > max;
}

/** The text's first characters: never half of one. */
export function firstCharacters(text: string, max: number): string {
  if (!hasMoreCharacters(text, max)) return text;
  return [...text.slice(0, 2 * max)].slice(0, max).join('');
}
