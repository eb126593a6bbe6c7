import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dialectConnectors, DialectRegistry } from '#dialects';
import { renderTranslations } from '../../tools/translation/markdown.js';
import { translate } from '../../tools/translation/translation.js';

const { all: dialects } = await DialectRegistry.load();
const connectors = (await dialectConnectors()).filter((connector) => connector.transport === 'http');
const pairs = dialects.flatMap((from) => connectors.map((to) => ({ pair: `${from.name} to ${to.type}`, from, to })));

it('docs/translation.md says what the code does: run npm run docs:translation', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/translation.md'), 'utf8');
  expect(page).toBe(renderTranslations(dialects, connectors));
});

it('there are 16 pairs', () => {
  expect(pairs).toHaveLength(16);
});

describe.each(pairs)('$pair', ({ from, to }) => {
  const { passages } = translate(from, to);

  it('reports whatever it does not carry', () => {
    const vanished = passages.flatMap(({ title, fields }) =>
      fields
        .filter((field) => field.canonical !== 'id' && field.to.length === 0 && field.reason === undefined)
        .map(({ canonical }) => `${title}: ${canonical}`),
    );
    expect(vanished).toEqual([]);
  });

  it('reports nothing as lost whose value goes out all the same', () => {
    const carried = passages.flatMap(({ title, fields }) =>
      fields
        .filter(({ reason, isSent }) => reason !== undefined && isSent)
        .map(({ canonical }) => `${title}: ${canonical}`),
    );
    expect(carried).toEqual(carried.filter((each) => each.endsWith(': timestamp')));
  });
});
