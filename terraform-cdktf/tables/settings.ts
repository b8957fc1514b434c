/** Every setting as docs/deploy.md shows it: unit, value in each preset, reason. */
import { sections } from '../settings/descriptions.ts';
import { presets } from '../settings/presets.ts';
import { table } from './markdown.ts';

const HEAD = ['setting', 'unit', 'sandbox', 'production', 'why'];

export function settingsTables(): string {
  return Object.entries(sections)
    .map(([title, settings]) => `**${title}**\n\n${sectionTable(settings)}`)
    .join('\n\n');
}

function sectionTable(
  settings: Readonly<Record<string, { unit: string; reason: string }>>,
): string {
  const rows = Object.entries(settings).map(([name, { unit, reason }]) => [
    `\`${name}\``,
    unit,
    ...Object.entries(presets).map(([preset, values]) => shown({ preset, ...values }, name)),
    reason,
  ]);
  return table(HEAD, rows);
}

function shown(values: Readonly<Record<string, unknown>>, name: string): string {
  if (!Object.hasOwn(values, name)) return '**required**';
  const value = values[name];
  if (value === null) return '–';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
}
