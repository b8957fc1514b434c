/** The report: a table for people, JSON for everything else. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Figure, isMet } from './figure.ts';
import { median } from './load/statistics.ts';
import type { MachineFacts } from './machine.ts';
import type { BenchOptions } from './options.ts';

export function printTable(figures: readonly Figure[]): void {
  const rows = figures.map(describe);
  const head = ['figure', 'ours', 'reference', 'figure', 'range', 'mark', ''];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  console.log('');
  for (const row of [head, ...rows]) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
  const notes = figures.filter(({ note }) => note);
  if (notes.length > 0) console.log('');
  for (const { name, note } of notes) console.log(`${name}: ${note}`);
}

function describe(figure: Figure): string[] {
  const { name, unit, values, ours, reference, measure, mark } = figure;
  const met = isMet(figure);
  const beside = (side: number[] | null) => (side ? `${show(median(side))} ${measure}` : '');
  return [
    name,
    beside(ours),
    beside(reference),
    `${show(median(values))} ${unit}`,
    `${show(Math.min(...values))} to ${show(Math.max(...values))}`,
    mark ? `${mark.at === 'least' ? '≥' : '≤'} ${mark.value} ${unit}` : '',
    met === null ? '' : met ? 'met' : 'MISSED',
  ];
}

function show(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(2);
}

const RESULTS = join(import.meta.dirname, 'results');

/** Resolves to the path of the file. */
export async function writeResults(
  machine: MachineFacts,
  options: BenchOptions,
  figures: readonly Figure[],
): Promise<string> {
  await mkdir(RESULTS, { recursive: true });
  const at = new Date().toISOString();
  const path = join(RESULTS, `${at.replaceAll(':', '-')}.json`);
  const judged = figures.map((figure) => ({
    ...figure,
    median: median(figure.values),
    met: isMet(figure),
  }));
  const report = { at, machine, options, figures: judged };
  await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
}
