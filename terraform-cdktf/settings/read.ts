/**
 * Reads the settings from the command line: a preset, then a file, then single values; later wins.
 * Whatever is wrong is said at once, by name and with what was expected.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { problemsBetween } from './checks.ts';
import type { Problem } from './expect.ts';
import { presets } from './presets.ts';
import { type SettingName, type Settings, settingsSchema } from './schema.ts';

export type StackName = 'registry' | 'gateway';

export interface Command {
  stack: StackName;
  settings: Settings;
  /** Holds a folder for each stack. One of its own for each deployment, so that none is taken for another. */
  outputFolder: string;
}

/** Its message is for a person: whoever catches it prints that and no stack trace. */
export class SettingsError extends Error {
  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ name, words }) => `  ${name}: ${words}`);
    super(`The settings are not valid:\n${lines.join('\n')}`);
  }
}

const names = Object.keys(settingsSchema.shape);
const isSettingName = (name: string): name is SettingName =>
  Object.hasOwn(settingsSchema.shape, name);

export function readSettings(args: readonly string[]): Command {
  const problems: Problem[] = [];
  const flags = readFlags(args, problems);
  const preset = choose(flags.preset, ['sandbox', 'production'], '--preset', problems);
  const stack = choose(flags.stack ?? 'gateway', ['registry', 'gateway'], '--stack', problems);
  const given: Record<string, unknown> = {
    ...(flags.settings === undefined ? {} : readFile(flags.settings, problems)),
    ...readValues(flags.set ?? [], problems),
  };
  // Without a preset nearly every setting would be missing too: one sentence is enough.
  const settings =
    preset === null ? null : parse({ preset, ...presets[preset], ...given }, problems);
  if (settings !== null && stack !== null) problems.push(...problemsBetween(settings, stack));
  if (settings === null || stack === null || problems.length > 0) throw new SettingsError(problems);
  const ofDeployment = () => resolve(import.meta.dirname, '../out', settings.name);
  return { stack, settings, outputFolder: flags.out ?? ofDeployment() };
}

function readFlags(args: readonly string[], problems: Problem[]) {
  const options = {
    preset: { type: 'string' },
    stack: { type: 'string' },
    settings: { type: 'string' },
    set: { type: 'string', multiple: true },
    out: { type: 'string' },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const usage =
      '--preset sandbox|production [--stack registry|gateway] [--settings file.json] [--set name=value]';
    const words = `${error instanceof Error ? error.message : String(error)}\n  expected ${usage}`;
    problems.push({ name: 'command line', words });
    throw new SettingsError(problems);
  }
}

function choose<const T extends string>(
  value: string | undefined,
  choices: readonly T[],
  name: string,
  problems: Problem[],
): T | null {
  const found = choices.find((choice) => choice === value) ?? null;
  if (found === null) problems.push({ name, words: `expected ${choices.join(' or ')}` });
  return found;
}

function readFile(path: string, problems: Problem[]): Record<string, unknown> {
  const expected = 'expected a file of JSON, { "name": value, … }';
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return { ...value };
    problems.push({ name: `--settings ${path}`, words: expected });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({ name: `--settings ${path}`, words: `${expected}; ${reason}` });
  }
  return {};
}

function readValues(pairs: readonly string[], problems: Problem[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) problems.push({ name: `--set ${pair}`, words: 'expected name=value' });
    else values[pair.slice(0, at)] = valueFrom(pair.slice(0, at), pair.slice(at + 1));
  }
  return values;
}

/** JSON where it is taken as such; else the text itself: an account id is digits and no number. */
function valueFrom(name: string, text: string): unknown {
  const schema = isSettingName(name) ? settingsSchema.shape[name] : null;
  try {
    const value: unknown = JSON.parse(text);
    return schema?.safeParse(text).success && !schema.safeParse(value).success ? text : value;
  } catch {
    return text;
  }
}

function parse(input: Record<string, unknown>, problems: Problem[]): Settings | null {
  const result = settingsSchema.safeParse(input);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) problems.push({ name: key, words: unknownName(key) });
      continue;
    }
    const name = String(issue.path[0]);
    const known = problems.some((problem) => problem.name === name);
    // An item of a list says less than the list: once is enough.
    if (!known) problems.push({ name, words: expectation(issue.message, input[name]) });
  }
  return null;
}

function expectation(message: string, value: unknown): string {
  const found = value === undefined ? 'nothing' : JSON.stringify(value);
  return `expected ${message}; found ${found}`;
}

function unknownName(name: string): string {
  const close = names.find(
    (each) => each.toLowerCase() === name.replaceAll(/[-_]/g, '').toLowerCase(),
  );
  const hint = close === undefined ? 'docs/deploy.md has all names' : `did you mean ${close}?`;
  return `there is no such setting; ${hint}`;
}
