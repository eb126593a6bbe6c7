import { Composer, Lexer, LineCounter, Parser, stringify, visit, type CST, type Document } from 'yaml';
import { messageOf } from '#platform';

/** A text that is no YAML, or says what JSON has no words for. */
export class MalformedYamlError extends Error {
  constructor(reason: string) {
    super(`The document is not valid YAML or JSON: ${reason}`);
    this.name = 'MalformedYamlError';
  }
}

/** Open collections at once. What composes a document recurses, and must not meet the end of the stack. */
const MAX_OPEN = 64;

/** Values as JSON has them; a JSON text is YAML too. Throws MalformedYamlError, which quotes no line of the text. */
export function readYaml(text: string): unknown {
  const lines = new LineCounter();
  const composer = new Composer({ stringKeys: true, prettyErrors: false });
  const [document, another] = composer.compose(tokensOf(text, lines), true, text.length);
  if (!document) return null;
  if (another) throw new MalformedYamlError('it holds several documents');
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) throw new MalformedYamlError(`${fault.message}, in ${placeOf(fault.pos[0], lines)}`);
  assertFinite(document, lines);
  try {
    return document.toJS();
  } catch (error) {
    // An alias of nothing, or aliases that would make it explode.
    throw new MalformedYamlError(messageOf(error));
  }
}

export function writeYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

function* tokensOf(text: string, lines: LineCounter): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > MAX_OPEN) throw new MalformedYamlError('it is nested too deep');
  }
  yield* parser.end();
}

function assertFinite(document: Document, lines: LineCounter): void {
  visit(document, {
    Scalar: (_key, { value, range }) => {
      if (typeof value !== 'number' || Number.isFinite(value)) return;
      throw new MalformedYamlError(`numbers must be finite, in ${placeOf(range?.[0] ?? 0, lines)}`);
    },
  });
}

function placeOf(offset: number, lines: LineCounter): string {
  const { line, col } = lines.linePos(offset);
  return `line ${line}, column ${col}`;
}
