const MAX_GLOB_LENGTH = 200;
const MAX_WILDCARDS = 8;
const MAX_BRACES = 2;
const MAX_CHOICES = 100;

/** Why a glob is refused, or undefined. `*`, `?` and `{a,b}` are special; their number is bounded, since each costs time. */
export function checkGlob(glob: string): string | undefined {
  if (glob === '') return 'must not be empty';
  if (glob.length > MAX_GLOB_LENGTH) return `must not be longer than ${MAX_GLOB_LENGTH} characters`;
  if ((glob.match(/\*+/g)?.length ?? 0) > MAX_WILDCARDS) return `must not have more than ${MAX_WILDCARDS} stars`;
  if ((glob.match(/\{/g)?.length ?? 0) > MAX_BRACES) return `must not have more than ${MAX_BRACES} braces`;
  if (/\{[^}]*\{/.test(glob)) return 'must not nest braces';
  if (/\{[^}]*\.\.[^}]*\}/.test(glob)) return 'must list what a brace stands for: ranges are not supported';
  const choices = [...glob.matchAll(/\{([^}]*)\}/g)].map(([, inner = '']) => inner.split(',').length);
  if (choices.reduce((ways, choice) => ways * choice, 1) > MAX_CHOICES)
    return `must not stand for more than ${MAX_CHOICES} texts`;
  return undefined;
}
