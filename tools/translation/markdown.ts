import type { CanonicalEvent } from '#canonical';
import type { HttpConnector } from '#destinations';
import type { Dialect } from '#dialects';
import { SETTINGS, translate, type FieldFate, type Passage, type Translation } from './translation.js';

const INTRODUCTION = `# What becomes of an event between dialects

Written by \`npm run docs:translation\` from the code itself: specimen requests (\`tools/translation/specimens.ts\`) with everything that
their dialect can say go in, what comes out is searched for their values, and what is missing is what the connector reports as
lost, as previews do. A test fails when this page says anything else.

\`any_key\` stands for any member a sender may choose. Paths are those below one event, user or item; *envelope* is what the events
of a request share. Klaviyo's are shortened: \`event\`, \`metric\` and \`profile\` leave out the \`data.attributes\` between them.
`;

/** The whole of docs/translation.md. */
export function renderTranslations(dialects: readonly Dialect[], connectors: readonly HttpConnector[]): string {
  const translations = dialects.flatMap((from) => connectors.map((to) => translate(from, to)));
  return [
    INTRODUCTION,
    overview(dialects, connectors, translations),
    audience(connectors),
    ...translations.map(section),
  ].join('\n');
}

function overview(
  dialects: readonly Dialect[],
  connectors: readonly HttpConnector[],
  translations: readonly Translation[],
): string {
  const rows = dialects.map((from) => [
    from.title,
    ...connectors.map((to) => {
      const translation = translations.find((each) => each.from === from && each.to === to);
      const lost = new Set(translation?.passages.flatMap((each) => each.fields.filter(isLost)).map(nameOf));
      return lost.size === 0 ? 'everything arrives' : `${lost.size} lost`;
    }),
  ]);
  return `## Fields that do not arrive\n\n${table(['From / to', ...connectors.map(({ title }) => title)], rows)}`;
}

/** Who an event may be about, by the only thing that is known of the person. */
const PERSONS: readonly (readonly [string, Partial<CanonicalEvent>])[] = [
  ['`user_id`', { user_id: 'u-1' }],
  ['`anonymous_id`', { anonymous_id: 'a-1' }],
  ['`identity.device_id`', { identity: { device_id: 'd-1' } }],
  ['`identity.email`', { identity: { email: 'lee@sample.test' } }],
  ['`identity.phone`', { identity: { phone: '+15005550006' } }],
  ['`identity.vendor_profile_id`', { identity: { vendor_profile_id: 'p-1' } }],
  ['`identity.exchange_id`', { identity: { exchange_id: 'x-1' } }],
  ['nothing', {}],
];

function audience(connectors: readonly HttpConnector[]): string {
  const rows = PERSONS.map(([known, person]) => [
    known,
    ...connectors.map((to) => {
      const placement = to.place({ ...SOMETHING, ...person }, SETTINGS);
      return placement.kind === 'not_wanted' ? `not wanted: \`${placement.code}\`` : 'taken';
    }),
  ]);
  return `## Whom an event may be about\n\n${table(['All that is known', ...connectors.map(({ title }) => title)], rows)}`;
}

const SOMETHING: CanonicalEvent = {
  id: 'evt_00000000000000000001',
  type: 'track',
  event: 'order_completed',
  user_id: null,
  anonymous_id: null,
  timestamp: '2026-05-01T10:00:05.000Z',
  received_at: '2026-05-01T10:00:06.000Z',
  properties: {},
  source: { id: 'src-1', dialect: 'any' },
};

function section({ from, to, passages }: Translation): string {
  return [`## ${from.title} to ${to.title}\n`, ...passages.map((passage) => passageText(passage, from, to))].join('\n');
}

function passageText(passage: Passage, from: Dialect, to: HttpConnector): string {
  const { title, fromPath, toPath, fields, added } = passage;
  const arriving = merged(fields.filter((field) => field.to.length > 0));
  const rows = arriving.map(({ canonical, from: came, to: goes }) => [
    came.length > 0 ? paths(came) : origin(canonical),
    canonical,
    paths(goes),
  ]);
  return [
    `**${title}**, \`${fromPath}\` to \`${toPath}\`:\n`,
    table([from.title, 'Event', to.title], rows),
    ...listed('Lost', byReason(fields.filter(isLost))),
    ...listed('Not whole', byReason(fields.filter((field) => field.reason !== undefined && !isLost(field)))),
    ...listed(
      'Added',
      added.filter((path) => !isFrame(path)).map((path) => `\`${shortened(path)}\``),
    ),
  ].join('\n');
}

/** What the gateway makes where the request says nothing. */
function origin(canonical: string): string {
  if (canonical === '`id`') return '*given by the gateway*';
  return canonical === '`timestamp`' ? '*time of receipt*' : '*said by the endpoint*';
}

interface Row {
  readonly from: readonly string[];
  readonly canonical: string;
  readonly to: readonly string[];
}

/** One row for all fields of the event that came from the same place. */
function merged(fields: readonly FieldFate[]): readonly Row[] {
  const rows = new Map<string, { from: readonly string[]; names: string[]; to: Set<string> }>();
  for (const field of fields) {
    const key = field.from.length === 0 ? field.canonical : field.from.join(' ');
    const row = rows.get(key) ?? { from: field.from, names: [], to: new Set<string>() };
    row.names.push(`\`${field.canonical}\``);
    field.to.forEach((path) => row.to.add(path));
    rows.set(key, row);
  }
  return [...rows.values()].map(({ from, names, to }) => ({ from, canonical: names.join(', '), to: [...to] }));
}

const isLost = (field: FieldFate): boolean => field.to.length === 0 && field.canonical !== 'id';

function byReason(fields: readonly FieldFate[]): readonly string[] {
  const reasons = new Map<string, string[]>();
  for (const field of fields) {
    const names = reasons.get(field.reason ?? '') ?? [];
    names.push(nameOf(field));
    reasons.set(field.reason ?? '', names);
  }
  return [...reasons].map(([reason, names]) => `${[...new Set(names)].join(', ')} (${reason})`);
}

/** As the sender knows it. */
function nameOf({ from, canonical }: FieldFate): string {
  return from.length > 0 ? paths(from) : `\`${canonical}\``;
}

function listed(title: string, entries: readonly string[]): readonly string[] {
  return entries.length === 0 ? [] : [`${title}: ${entries.join('; ')}.\n`];
}

const paths = (list: readonly string[]): string => list.map((path) => `\`${shortened(path)}\``).join(', ');

const LISTS = /^(?:events|users|batch|data\.attributes\.events-bulk-create\.data)\[\]\.(?:attributes\.)?/;

function shortened(path: string): string {
  if (!LISTS.test(path)) return `envelope ${path}`;
  return path
    .replace(LISTS, '')
    .replace(/^events\.data\[\]\.attributes\./, 'event.')
    .replace(/^event\.metric\.data\.attributes\./, 'metric.')
    .replace(/^profile\.data\.(?:attributes\.)?/, 'profile.');
}

/** JSON:API's constants. */
function isFrame(path: string): boolean {
  return /(?:^|\.|\])type$/.test(path) && path.startsWith('data.');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}
