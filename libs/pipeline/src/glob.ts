/** What stands between two stars. */
interface Piece {
  readonly length: number;
  /** Whether it stands at this place of the text. */
  readonly isAt: (text: string, at: number) => boolean;
  /** The first place from `from` on where it stands and ends before `end`; -1: none. */
  readonly find: (text: string, from: number, end: number) => number;
}

/** `*`, `?`, `{`, `}` or `,` where they mean something, and any other character after a backslash. */
type Token = string;

const SPECIAL: ReadonlySet<string> = new Set(['*', '?', '{', '}', ',']);

/**
 * Whether one of the globs stands for the whole of a text. `*` stands for any text, `?` for one character, `{a,b}` for
 * either; a backslash takes its meaning from the next character. Whoever sends events chooses the texts, so nothing is
 * tried twice: what stands between stars is taken where it is found first, which is right for all that follows.
 */
export function compileGlobs(globs: readonly string[]): (text: string) => boolean {
  const wholes = new Set<string>();
  const patterns: ((text: string) => boolean)[] = [];
  for (const tokens of globs.flatMap((glob) => withoutBraces(tokensOf(glob)))) {
    if (tokens.includes('*') || tokens.includes('?')) patterns.push(patternOf(splitAt(tokens, '*').map(pieceOf)));
    else wholes.add(tokens.map(literal).join(''));
  }
  return (text) => wholes.has(text) || patterns.some((matches) => matches(text));
}

/** `pieces`: what stands before, between and after the stars. */
function patternOf([first, ...others]: readonly Piece[]): (text: string) => boolean {
  const last = others.pop();
  if (!first) return () => false;
  if (!last) return (text) => text.length === first.length && first.isAt(text, 0);
  return (text) => {
    const end = text.length - last.length;
    if (end < first.length || !first.isAt(text, 0) || !last.isAt(text, end)) return false;
    let at = first.length;
    for (const piece of others) {
      const found = piece.find(text, at, end);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return true;
  };
}

function tokensOf(glob: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < glob.length; at++) {
    const character = glob.charAt(at);
    if (SPECIAL.has(character)) tokens.push(character);
    else tokens.push(`\\${character === '\\' && at + 1 < glob.length ? glob.charAt(++at) : character}`);
  }
  return tokens;
}

const literal = (token: Token): string => token.slice(-1);

/** One list for each way to choose from the braces. Without a comma they stand for themselves. */
function withoutBraces(tokens: readonly Token[]): readonly (readonly Token[])[] {
  for (let open = tokens.indexOf('{'); open >= 0; open = tokens.indexOf('{', open + 1)) {
    const close = tokens.indexOf('}', open);
    const choices = splitAt(tokens.slice(open + 1, Math.max(open + 1, close)), ',');
    if (choices.length < 2) continue;
    const [before, after] = [tokens.slice(0, open), tokens.slice(close + 1)];
    return choices.flatMap((choice) => withoutBraces([...before, ...choice, ...after]));
  }
  return [tokens];
}

function pieceOf(tokens: readonly Token[]): Piece {
  const [{ length }, text] = [tokens, tokens.map(literal).join('')];
  if (!tokens.includes('?')) {
    return {
      length,
      isAt: (whole, at) => whole.startsWith(text, at),
      find: (whole, from, end) => {
        const found = whole.indexOf(text, from);
        return found + length <= end ? found : -1;
      },
    };
  }
  const isAt = (whole: string, at: number): boolean =>
    tokens.every((token, offset) => token === '?' || whole.charAt(at + offset) === literal(token));
  return {
    length,
    isAt,
    find: (whole, from, end) => {
      for (let at = from; at + length <= end; at++) if (isAt(whole, at)) return at;
      return -1;
    },
  };
}

function splitAt(tokens: readonly Token[], separator: Token): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token === separator) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}
