/** From what became of each mutant to the table, and to what nobody has explained. Pure. */
import type { Stryker } from '@stryker-mutator/core';
import { LEAST_SCORE } from './groups.ts';

export type Mutant = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

/** Where a change was made: stable while other lines move. Texts with their white space made one. */
export interface MutantPlace {
  file: string;
  /** The line where it begins. */
  line: string;
  from: string;
  to: string;
}

export interface ExplainedSurvivor extends MutantPlace {
  why: string;
}

export interface GroupVerdict {
  group: string;
  mutants: number;
  killed: number;
  survived: number;
  explained: number;
  /** Per cent of the mutants; an explained survivor counts as survived. */
  score: number;
  unexplained: MutantPlace[];
  /** Explained, and killed by now. */
  unneeded: MutantPlace[];
  /** Why nothing can be said of a mutant. */
  untried: string[];
}

type Mark = 'killed' | 'survived';

/** null when nothing can be said: it was not tried. */
function markOf({ status, statusReason = '' }: Mutant): Mark | null {
  switch (status) {
    case 'Killed':
    // Whoever waits for it notices.
    case 'Timeout':
      return 'killed';
    case 'Survived':
    case 'NoCoverage':
      return 'survived';
    // The test file ended before its first test: the code cannot even be loaded with it.
    case 'RuntimeError':
      return statusReason.includes('Tap process exited with code 1') ? 'killed' : null;
    default:
      return null;
  }
}

type Position = Mutant['location']['start'];

export function judge(
  group: string,
  mutants: readonly Mutant[],
  sources: ReadonlyMap<string, string>,
  explained: readonly ExplainedSurvivor[],
): GroupVerdict {
  const untried = mutants.filter((mutant) => markOf(mutant) === null);
  const survivors = mutants.filter((mutant) => markOf(mutant) === 'survived');
  const killed = mutants.length - survivors.length - untried.length;
  const places = survivors.map((mutant) => placeOf(mutant, sources.get(mutant.fileName) ?? ''));
  const unexplained = places.filter((place) => !explained.some((one) => isSame(one, place)));
  const unneeded = explained.filter(
    (one) => sources.has(one.file) && !places.some((place) => isSame(one, place)),
  );
  return {
    group,
    mutants: mutants.length,
    killed,
    survived: survivors.length,
    explained: survivors.length - unexplained.length,
    score: mutants.length === 0 ? 0 : (100 * killed) / mutants.length,
    unexplained,
    unneeded,
    untried: untried.map(({ status, statusReason = '' }) => `${status}: ${statusReason}`),
  };
}

export function isPassed({ score, unexplained, untried }: GroupVerdict): boolean {
  return score >= LEAST_SCORE && unexplained.length === 0 && untried.length === 0;
}

export function describeTable(verdicts: readonly GroupVerdict[]): string {
  const head = ['group', 'mutants', 'killed', 'survived', 'explained', 'score'];
  const rows = verdicts.map(({ group, mutants, killed, survived, explained, score }) =>
    [group, mutants, killed, survived, explained, `${score.toFixed(1)} %`].map(String),
  );
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Stryker counts lines and columns from 1. */
function placeOf(mutant: Mutant, source: string): MutantPlace {
  const lines = source.split('\n');
  const { start, end } = mutant.location;
  const from = source.slice(offsetOf(lines, start), offsetOf(lines, end));
  return {
    file: mutant.fileName,
    line: oneSpace(lines[start.line - 1] ?? ''),
    from: oneSpace(from),
    to: oneSpace(mutant.replacement ?? ''),
  };
}

function offsetOf(lines: readonly string[], { line, column }: Position): number {
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  return before + column - 1;
}

export function oneSpace(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function isSame(one: MutantPlace, other: MutantPlace): boolean {
  return (
    one.file === other.file &&
    one.line === other.line &&
    one.from === other.from &&
    one.to === other.to
  );
}
