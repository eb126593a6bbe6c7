const MAX_PATTERN_LENGTH = 200;
/** The text's length enters the time with at most this power. */
const MAX_POWER = 2;
/** A bounded repetition beyond this many rounds backtracks like an open one. */
const SHORT_REPETITION = 10;
const MAX_REPETITION = 1_000;
/** Ways in which short repetitions and alternatives, taken together, can be tried. */
const MAX_WAYS = 64;

/** Evaluate patterns on at most so many characters: together with `checkRegex` that bounds the time to milliseconds. */
export const MAX_REGEX_TEXT_LENGTH = 1_000;

interface Group {
  /** It holds something that can be tried in several ways. */
  backtracks: boolean;
  alternatives: number;
}

interface Quantifier {
  readonly length: number;
  readonly min: number;
  readonly max: number;
  readonly refusal?: undefined;
}

/**
 * Why a pattern must not run against foreign text, or undefined. What can take exponential time is refused outright
 * (a repeated group with repetitions or alternatives in it, backreferences, lookaround), and so is what can take more
 * than the square of the text's length: every open repetition adds a power, and so does a start that is not anchored.
 */
export function checkRegex(pattern: string, flags: string): string | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) return `must not be longer than ${MAX_PATTERN_LENGTH} characters`;
  if (!/^[ims]*$/.test(flags)) return 'takes only the options i, m and s';
  try {
    new RegExp(pattern, flags);
  } catch {
    return 'is not a valid regular expression';
  }
  return new CostCheck(pattern, pattern.startsWith('^') && !flags.includes('m')).refusal();
}

/** Reads a valid pattern once from left to right. */
class CostCheck {
  private readonly root: Group = { backtracks: false, alternatives: 1 };
  private readonly open: Group[] = [];
  private lastClosed: Group | undefined;
  private openRepetitions = 0;
  private ways = 1;

  constructor(
    private readonly pattern: string,
    private readonly anchored: boolean,
  ) {}

  refusal(): string | undefined {
    for (let at = 0; at < this.pattern.length;) {
      const quantifier = quantifierAt(this.pattern, at);
      const { length, refusal } = quantifier ?? atomAt(this.pattern, at);
      const found = refusal ?? (quantifier ? this.repeat(quantifier) : this.enter(this.pattern.charAt(at)));
      if (found !== undefined) return found;
      at += length;
    }
    // An anchor holds for its own alternative only.
    const anchored = this.anchored && this.root.alternatives === 1;
    const power = this.openRepetitions + (anchored ? 0 : 1);
    if (power > MAX_POWER) return 'must not have more than one open repetition, or two after a leading ^';
    if (this.ways * this.root.alternatives > MAX_WAYS) return 'must not have so many optional parts and alternatives';
    return undefined;
  }

  private get group(): Group {
    return this.open.at(-1) ?? this.root;
  }

  private enter(character: string): undefined {
    this.lastClosed = undefined;
    if (character === '(') this.open.push({ backtracks: false, alternatives: 1 });
    if (character === '|') this.group.alternatives++;
    if (character !== ')') return;
    const closed = this.open.pop();
    if (!closed) return;
    this.ways *= closed.alternatives;
    this.group.backtracks ||= closed.backtracks || closed.alternatives > 1;
    this.lastClosed = closed;
  }

  private repeat({ min, max }: Quantifier): string | undefined {
    const repeated = this.lastClosed;
    this.lastClosed = undefined;
    if (max > 1 && repeated && (repeated.backtracks || repeated.alternatives > 1)) {
      return 'must not repeat a group that itself has repetitions or alternatives';
    }
    if (max > MAX_REPETITION && max !== Infinity) return `must not repeat anything more than ${MAX_REPETITION} times`;
    if (max > SHORT_REPETITION && max !== min) this.openRepetitions++;
    else this.ways *= max - min + 1;
    this.group.backtracks = true;
    return undefined;
  }
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
