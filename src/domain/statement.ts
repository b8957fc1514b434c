/** A provider's own statement of what it has taken: the only net below what no code can promise. */

export type StatementStatus = 'PENDING' | 'SUCCEEDED' | 'FAILED';

export interface StatementLine {
  /** What we sent, in the provider's spelling. */
  reference: string;
  providerTransactionId: string | null;
  status: StatementStatus;
  amountMinor: bigint;
  currency: string;
  at: Date;
}

/** Cells of one line, by column. */
export type Cells = Readonly<Record<string, string>>;

/** How one provider writes its statement. Pure; strict: what it does not know is a problem and never a guess. */
export interface StatementFormat {
  /** The header must have exactly these, in any order. */
  readonly columns: readonly string[];
  /** Throws a `StatementProblem` that names the column, never the cell's value. */
  readLine(cells: Cells): StatementLine;
}

export class StatementProblem extends Error {}

/** Text of one column, when it looks as it must. */
export function cellOf(cells: Cells, column: string, pattern: RegExp): string {
  const text = cells[column] ?? '';
  if (!pattern.test(text)) throw new StatementProblem(`${column} cannot be read`);
  return text;
}

/** The status for one of the provider's own words. */
export function statusOf(
  words: Readonly<Record<string, StatementStatus>>,
  cells: Cells,
  column: string,
): StatementStatus {
  const word = cells[column] ?? '';
  const status = Object.hasOwn(words, word) ? words[word] : undefined;
  if (status === undefined) throw new StatementProblem(`${column} has a word that is in no table`);
  return status;
}

/** A moment that exists, of parts that were matched: 31 February does not. */
export function momentOf(iso: string, column: string): Date {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime()) || at.toISOString() !== iso.replace('Z', '.000Z')) {
    throw new StatementProblem(`${column} is no date`);
  }
  return at;
}
