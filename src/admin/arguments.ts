/** What the commands of `gateway admin` have in common: words, options, and a table for a person. */
import { parseArgs } from 'node:util';

/** What the person who typed the command can mend. */
export class UsageError extends Error {}

/** The command was understood, and is not done: the exit code says so too. */
export class Refusal extends Error {}

export type Print = (line: string) => void;

const OPTIONS = {
  text: { type: 'string' },
  flag: { type: 'boolean' },
  list: { type: 'string', multiple: true },
} as const;

type Kind = keyof typeof OPTIONS;
type ValueOf<K extends Kind> = K extends 'text' ? string : K extends 'flag' ? boolean : string[];
type Values<T extends Record<string, Kind>> = { [N in keyof T]?: ValueOf<T[N]> };

/** At most `words` words, and only these options. */
export function readArguments<T extends Record<string, Kind>>(
  args: string[],
  words: number,
  kinds: T,
): { words: string[]; options: Values<T> } {
  const options = Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [name, OPTIONS[kind]]),
  );
  try {
    const { positionals, values } = parseArgs({ args, options, allowPositionals: true });
    const surplus = positionals.slice(words);
    if (surplus.length > 0) throw new Error(`too many words: ${surplus.join(' ')}`);
    return { words: positionals, options: values as Values<T> };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

export function needed(value: string | undefined, what: string, help: string): string {
  if (value === undefined || value.trim() === '')
    throw new UsageError(`${what} is missing\n\n${help}`);
  return value.trim();
}

/** Columns as wide as their widest cell; the last one ends where it ends. */
export function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `1 h 02 min`: two units are enough to see what is old. */
export function ageOf(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${two(whole % MINUTE)} s`;
  if (whole < DAY)
    return `${Math.floor(whole / HOUR)} h ${two(Math.floor((whole % HOUR) / MINUTE))} min`;
  return `${Math.floor(whole / DAY)} d ${two(Math.floor((whole % DAY) / HOUR))} h`;
}
