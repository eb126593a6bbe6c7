import { readFile, writeFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { Option, type Command } from 'commander';
import { connect, withConnectionFlags, type ConnectionFlags } from '../connection.js';
import { CliFailure, EXIT, messageOf } from '../failure.js';
import type { Session } from '../program.js';
import { printJson } from '../terminal.js';
import { describeDifference, isDifferent, readDifference, type Difference } from './difference.js';

type Format = 'json' | 'yaml';

const YAML = 'application/yaml';
const JSON_TYPE = 'application/json';

interface ApplyFlags extends ConnectionFlags {
  readonly discard?: boolean;
}

interface DiffFlags extends ConnectionFlags {
  readonly exitCode?: boolean;
}

interface ExportFlags extends ConnectionFlags {
  readonly format: Format;
  readonly output?: string;
}

/** `validate`, `diff`, `apply` and `export` of the configuration document. */
export function addConfigurationCommands(program: Command, session: Session): void {
  withConnectionFlags(program.command('validate <file>'))
    .description('say whether the gateway would take a configuration document ("-": standard input)')
    .action((file: string, flags: ConnectionFlags) => validate(session, file, flags));
  withConnectionFlags(program.command('diff <file>'))
    .description('say what applying a configuration document would change')
    .option('--exit-code', 'exit with 4 if there is a difference')
    .action((file: string, flags: DiffFlags) => diff(session, file, flags));
  withConnectionFlags(program.command('apply <file>'))
    .description('make the configuration what the document says; what it does not name is deleted')
    .option('--discard', 'drop the events that wait for destinations which are deleted')
    .action((file: string, flags: ApplyFlags) => apply(session, file, flags));
  withConnectionFlags(program.command('export'))
    .description('print all sources and destinations as one document, credentials masked')
    .addOption(new Option('--format <format>', 'of the document').choices(['yaml', 'json']).default('yaml'))
    .option('-o, --output <file>', 'write it there instead')
    .action((flags: ExportFlags) => exportDocument(session, flags));
}

async function validate(session: Session, file: string, flags: ConnectionFlags): Promise<void> {
  const difference = await put(session, file, flags, '?dryRun=true');
  if (flags.json) return printJson(session.terminal, { valid: true });
  session.terminal.print(`${file} is valid.`);
  for (const { id, missing } of difference.paused) {
    session.terminal.remark(`Destination ${id} would hold its events until it has ${missing.join(', ')}.`);
  }
}

async function diff(session: Session, file: string, flags: DiffFlags): Promise<void> {
  const difference = await put(session, file, flags, '?dryRun=true');
  show(session, difference, flags);
  if (flags.exitCode && isDifferent(difference)) session.endWith(EXIT.different);
}

async function apply(session: Session, file: string, flags: ApplyFlags): Promise<void> {
  show(session, await put(session, file, flags, flags.discard ? '?discard=true' : ''), flags);
}

async function exportDocument({ environment, terminal }: Session, flags: ExportFlags): Promise<void> {
  const client = await connect(flags, environment);
  const format = flags.json ? 'json' : flags.format;
  const text = await client.text({ path: '/config', accept: format === 'yaml' ? YAML : JSON_TYPE });
  const document = format === 'yaml' ? text : `${JSON.stringify(JSON.parse(text), null, flags.json ? 0 : 2)}\n`;
  if (flags.output === undefined) return terminal.print(document.trimEnd());
  await writeFile(flags.output, document);
  terminal.remark(`Written to ${flags.output}. Credentials are masked; write "\${NAME}" to give them by environment.`);
}

async function put({ environment }: Session, file: string, flags: ConnectionFlags, query: string): Promise<Difference> {
  const client = await connect(flags, environment);
  const text = await readDocument(file);
  // JSON is YAML as well, save that it is read faster and its faults are named by JSON's own parser.
  const type = /^\s*\{/.test(text) && file.endsWith('.json') ? JSON_TYPE : YAML;
  return readDifference(await client.json({ method: 'PUT', path: `/config${query}`, body: { type, text } }));
}

async function readDocument(file: string): Promise<string> {
  try {
    return file === '-' ? await textOf(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw new CliFailure(`Cannot read ${file}: ${messageOf(error)}`, EXIT.usage);
  }
}

function show({ terminal }: Session, difference: Difference, flags: ConnectionFlags): void {
  if (flags.json) return printJson(terminal, difference);
  for (const line of describeDifference(difference)) terminal.print(line);
}
