/** Whether a text has more characters than that: code points, as JSON Schema counts them, not units of UTF-16. */
export function hasMoreCharacters(text: string, max: number): boolean {
  if (text.length <= max) return false;
  // No character takes more than two units.
  return text.length > 2 * max || [...text].length > max;
}
