const MAX_PATTERN_LENGTH = 200;
const MAX_OPEN_QUANTIFIERS = 3;
/** A bounded repetition beyond this many rounds backtracks like an open one. */
const SHORT_REPETITION = 10;

interface Group {
  /** Something in it can match in several lengths. */
  varies: boolean;
  hasAlternatives: boolean;
}

interface Quantifier {
  readonly length: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Why a pattern must not run against foreign text, or undefined. What can take exponential time is refused outright
 * (a repeated group with repetitions or alternatives in it, backreferences, lookaround), and the number of open
 * repetitions is bounded, since each adds a factor of the text's length.
 */
export function checkRegex(pattern: string, flags: string): string | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) return `must not be longer than ${MAX_PATTERN_LENGTH} characters`;
  if (!/^[ims]*$/.test(flags)) return 'takes only the options i, m and s';
  try {
    new RegExp(pattern, flags);
  } catch {
    return 'is not a valid regular expression';
  }
  return checkCost(pattern);
}

function checkCost(pattern: string): string | undefined {
  const groups: Group[] = [{ varies: false, hasAlternatives: false }];
  let lastClosed: Group | undefined;
  let openQuantifiers = 0;
  for (let at = 0; at < pattern.length;) {
    const group = groups.at(-1);
    const quantifier = quantifierAt(pattern, at);
    if (!group) return 'is not a valid regular expression';
    if (quantifier) {
      const repeats = quantifier.max > 1;
      if (repeats && lastClosed && (lastClosed.varies || lastClosed.hasAlternatives)) {
        return 'must not repeat a group that itself has repetitions or alternatives';
      }
      if (quantifier.max > SHORT_REPETITION) openQuantifiers++;
      if (openQuantifiers > MAX_OPEN_QUANTIFIERS)
        return `must not have more than ${MAX_OPEN_QUANTIFIERS} open repetitions`;
      group.varies ||= quantifier.max !== quantifier.min;
      lastClosed = undefined;
      at += quantifier.length;
      continue;
    }
    const { length, refusal } = atomAt(pattern, at);
    if (refusal !== undefined) return refusal;
    lastClosed = undefined;
    if (pattern[at] === '(') groups.push({ varies: false, hasAlternatives: false });
    if (pattern[at] === '|') group.hasAlternatives = true;
    if (pattern[at] === ')') {
      lastClosed = groups.pop();
      const parent = groups.at(-1);
      if (parent && lastClosed) {
        parent.varies ||= lastClosed.varies;
        parent.hasAlternatives ||= lastClosed.hasAlternatives;
      }
    }
    at += length;
  }
  return undefined;
}

function quantifierAt(pattern: string, at: number): Quantifier | undefined {
  const match = /^(?:([*+?])|\{(\d+)(,)?(\d*)\})\??/.exec(pattern.slice(at));
  if (!match) return undefined;
  const [{ length }, sign, min = '0', comma, max = ''] = match;
  if (sign === '?') return { length, min: 0, max: 1 };
  if (sign !== undefined) return { length, min: sign === '+' ? 1 : 0, max: Infinity };
  if (comma === undefined) return { length, min: Number(min), max: Number(min) };
  return { length, min: Number(min), max: max === '' ? Infinity : Number(max) };
}

/** One character, escape, class or bracket of a group. */
function atomAt(pattern: string, at: number): { readonly length: number; readonly refusal?: string } {
  const rest = pattern.slice(at);
  if (/^\\(?:[1-9]|k<)/.test(rest)) return { length: 2, refusal: 'must not have backreferences' };
  if (rest.startsWith('\\')) return { length: 2 };
  if (rest.startsWith('[')) return { length: /^\[(?:\\.|[^\]\\])*\]/s.exec(rest)?.[0].length ?? 1 };
  if (/^\(\?(?!:|<[A-Za-z_$])/.test(rest)) return { length: 1, refusal: 'must not have lookaround or inline options' };
  if (rest.startsWith('(?')) return { length: /^\(\?(?::|<[^>]*>)/.exec(rest)?.[0].length ?? 1 };
  return { length: 1 };
}
