import { writeFile } from 'node:fs/promises';
import { dialectConnectors, DialectRegistry } from '#dialects';
import { renderTranslations } from './markdown.js';

const { all: dialects } = await DialectRegistry.load();
const connectors = (await dialectConnectors()).filter((connector) => connector.transport === 'http');
await writeFile('docs/translation.md', renderTranslations(dialects, connectors));
