/**
 * Reads settings by name: from the environment, from the file that `<NAME>_FILE` names, or from the
 * configuration file, in this order. Problems are collected, by name and never by value.
 */
import type { ConfigProblem } from '../domain/provider-definition.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type ReadFile = (path: string) => string;
/** undefined: not what was expected. */
export type Parse<T> = (text: string) => T | undefined;

export interface SettingReader {
  readonly problems: ConfigProblem[];
  /** Every name that was asked for. */
  readonly asked: ReadonlySet<string>;
  /** The text as it was given; undefined when it is absent or empty. */
  text(name: string): string | undefined;
  optional<T>(name: string, expected: string, parse: Parse<T>): T | undefined;
  value<T>(name: string, fallback: T, expected: string, parse: Parse<T>): T;
  integer(name: string, fallback: number, range: { min: number; max: number }): number;
  /** Whole milliseconds up to what a timer can wait. */
  milliseconds(name: string, fallback: number, min?: number): number;
  flag(name: string, fallback: boolean): boolean;
  choice<T extends string>(name: string, fallback: T, options: readonly T[]): T;
  problem(variable: string, expected: string): void;
}

/** Longest wait of a timer: 2³¹ − 1 ms, almost 25 days. */
const MAX_TIMER_MS = 2_147_483_647;

const WHOLE_NUMBER = /^\d{1,15}$/;

export function parseInteger(text: string, min: number, max: number): number | undefined {
  const value = WHOLE_NUMBER.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/**
 * Looks a name up in one source; `_FILE` names a file whose text, without its last line break, is
 * the value.
 */
export function lookUp(
  source: Environment,
  name: string,
  readFile: ReadFile,
  onProblem: (variable: string, expected: string) => void,
): string | undefined {
  const direct = source[name] || undefined;
  const path = source[`${name}_FILE`] || undefined;
  if (path === undefined) return direct;
  if (direct !== undefined) {
    onProblem(`${name}_FILE`, `not set together with ${name}`);
    return direct;
  }
  try {
    return readFile(path).replace(/\r?\n$/, '') || undefined;
  } catch {
    onProblem(`${name}_FILE`, 'the path of a file that can be read');
    return undefined;
  }
}

export function makeSettingReader(
  sources: readonly Environment[],
  readFile: ReadFile,
): SettingReader {
  const problems: ConfigProblem[] = [];
  const asked = new Set<string>();

  function problem(variable: string, expected: string): void {
    problems.push({ variable, expected });
  }

  function text(name: string): string | undefined {
    asked.add(name);
    for (const source of sources) {
      const found = lookUp(source, name, readFile, problem);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  function optional<T>(name: string, expected: string, parse: Parse<T>): T | undefined {
    const given = text(name);
    if (given === undefined) return undefined;
    const value = parse(given);
    if (value === undefined) problem(name, expected);
    return value;
  }

  function value<T>(name: string, fallback: T, expected: string, parse: Parse<T>): T {
    return optional(name, expected, parse) ?? fallback;
  }

  function integer(name: string, fallback: number, { min, max }: { min: number; max: number }) {
    const expected = `a whole number from ${min} to ${max}`;
    return value(name, fallback, expected, (given) => parseInteger(given, min, max));
  }

  return {
    problems,
    asked,
    text,
    optional,
    value,
    integer,
    milliseconds: (name, fallback, min = 1) =>
      value(name, fallback, `whole milliseconds from ${min} to ${MAX_TIMER_MS}`, (given) =>
        parseInteger(given, min, MAX_TIMER_MS),
      ),
    flag: (name, fallback) =>
      value(name, fallback, 'true or false', (given) =>
        given === 'true' ? true : given === 'false' ? false : undefined,
      ),
    choice: (name, fallback, options) =>
      value(name, fallback, `one of ${options.join(', ')}`, (given) =>
        options.find((option) => option === given),
      ),
    problem,
  };
}
