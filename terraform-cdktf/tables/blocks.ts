/** The tables of docs/deploy.md that are written by a program, each between two marks. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  leversTable,
  linesTable,
  partsTable,
  pricesTable,
  summaryTable,
  usageTable,
} from './costs.ts';
import { settingsTables } from './settings.ts';

export const deployDocument = resolve(import.meta.dirname, '../../docs/deploy.md');

const blocks: Readonly<Record<string, () => string>> = {
  settings: settingsTables,
  'costs in short': summaryTable,
  'costs by part': () => `${partsTable('sandbox')}\n\n${partsTable('production')}`,
  'costs to save': leversTable,
  'costs line by line': () => `${linesTable('sandbox')}\n\n${linesTable('production')}`,
  'costs per million': () => usageTable('production'),
  prices: pricesTable,
};

/** The document as it should be. */
export function withTables(text: string): string {
  return Object.entries(blocks).reduce((result, [name, make]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
    const from = result.indexOf(begin);
    const to = result.indexOf(end);
    if (from < 0 || to < from) throw new Error(`docs/deploy.md lacks ${begin} … ${end}`);
    return `${result.slice(0, from + begin.length)}\n\n${make()}\n\n${result.slice(to)}`;
  }, text);
}

export function readDeployDocument(): string {
  return readFileSync(deployDocument, 'utf8');
}
