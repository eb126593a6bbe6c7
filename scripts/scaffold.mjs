import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const PROJECT = resolve(import.meta.dirname, '..');
const TEMPLATES = join(import.meta.dirname, 'templates');
const MAX_NAME_CHARS = 32;

/** Something the caller must change; its message is all they are shown. */
class Refusal extends Error {}

/**
 * Makes the folder that the command line asks for out of `templates/<kind>/`, and prints what comes next. A refusal is
 * printed as one sentence, with exit code 1.
 * @param {object} plan
 * @param {'dialect' | 'destination'} plan.kind
 * @param {string} plan.root where such folders live, below the project; `--root` replaces it
 * @param {readonly string[]} plan.reserved names that are taken otherwise
 * @param {(name: string) => readonly string[]} plan.nextSteps
 */
export function scaffold({ kind, root, reserved, nextSteps }) {
  try {
    const { name, rootFolder } = readArguments(kind, root);
    const folder = join(rootFolder, checkName(name, reserved));
    const files = writeTemplate(kind, folder, name);
    const shown = relative(process.cwd(), folder);
    const steps = nextSteps(name).map((step, index) => `  ${index + 1}. ${step}`);
    process.stdout.write([`Wrote ${shown}/:`, ...files.map((file) => `  ${file}`), 'Next:', ...steps, ''].join('\n'));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

function readArguments(kind, root) {
  const usage = `Usage: npm run new:${kind} -- <name> [--root <folder that holds the ${kind}s>]`;
  const { values, positionals } = parse(usage);
  const [name] = positionals;
  if (name === undefined || positionals.length > 1) throw new Refusal(usage);
  const rootFolder = values.root === undefined ? join(PROJECT, root) : resolve(values.root);
  if (!statSync(rootFolder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Refusal(`There is no folder ${rootFolder}: --root takes the folder that holds the ${kind}s.`);
  }
  return { name, rootFolder };
}

function parse(usage) {
  try {
    return parseArgs({ options: { root: { type: 'string' } }, allowPositionals: true });
  } catch (error) {
    throw new Refusal(`${error.message}\n${usage}`);
  }
}

function checkName(name, reserved) {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > MAX_NAME_CHARS) {
    throw new Refusal(
      `"${name}" is no name: use lower-case letters and digits, hyphens between them, a letter first, ` +
        `${MAX_NAME_CHARS} characters at most.`,
    );
  }
  if (reserved.includes(name)) throw new Refusal(`"${name}" is a name the gateway uses itself: choose another one.`);
  return name;
}

/** The files written, below `folder`. */
function writeTemplate(kind, folder, name) {
  makeFolder(folder);
  const template = join(TEMPLATES, kind);
  const entries = readdirSync(template, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries
    .map((entry) => {
      const source = join(entry.parentPath, entry.name);
      const file = fill(relative(template, source), name);
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), fill(readFileSync(source, 'utf8'), name));
      return file;
    })
    .sort();
}

/** Not recursive: of two that ask for the same name, one is refused. */
function makeFolder(folder) {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    throw new Refusal(`${folder} exists already: choose another name, or remove it.`);
  }
}

/** `__name__` acme-mail, `__Title__` Acme Mail. */
function fill(text, name) {
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return text.replaceAll('__name__', name).replaceAll('__Title__', words.join(' '));
}
