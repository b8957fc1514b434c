/** A statement's CSV, read as it streams in. */
import { Readable } from 'node:stream';
import { type CsvError, type Info, parse } from 'csv-parse';
import {
  type Cells,
  type StatementFormat,
  type StatementLine,
  StatementProblem,
} from '../../domain/statement.ts';

/** What cannot be read, by line. Nothing of a statement counts when a part of it is not understood. */
export class UnreadableStatement extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[], more: number) {
    const rest = more > 0 ? [`and ${more} more`] : [];
    super(['the statement cannot be read:', ...problems, ...rest].join('\n  '));
    this.problems = problems;
  }
}

/** Enough to see what is wrong; a foreign file is wrong in every line. */
const SHOWN_PROBLEMS = 20;
const MAX_LINE_BYTES = 16 * 1024;

/** Rejects with `UnreadableStatement`; a source that fails, rejects with its own error. */
export async function readStatement(
  source: AsyncIterable<Uint8Array | string> | Iterable<string>,
  format: StatementFormat,
): Promise<(StatementLine & { line: number })[]> {
  const problems: string[] = [];
  let wrong = 0;
  const lines: (StatementLine & { line: number })[] = [];
  const parser = parse({
    bom: true,
    info: true,
    columns: (header: string[]) => checkedHeader(header, format),
    max_record_size: MAX_LINE_BYTES,
  });
  Readable.from(source)
    .on('error', (error) => parser.destroy(error))
    .pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Cells; info: Info }>) {
      try {
        lines.push({ ...format.readLine(record), line: info.lines });
      } catch (error) {
        if (!(error instanceof StatementProblem)) throw error;
        wrong += 1;
        if (wrong <= SHOWN_PROBLEMS) problems.push(`line ${info.lines}: ${error.message}`);
      }
    }
  } catch (error) {
    throw unreadable(error);
  }
  if (wrong > 0) throw new UnreadableStatement(problems, wrong - problems.length);
  return lines;
}

function checkedHeader(header: string[], { columns }: StatementFormat): string[] {
  const missing = columns.filter((name) => !header.includes(name));
  const unknown = header.filter((name) => !columns.includes(name)).length;
  if (missing.length > 0) throw new StatementProblem(`no column ${missing.join(', ')}`);
  if (unknown > 0) throw new StatementProblem(`${unknown} columns more than ${columns.join(', ')}`);
  if (header.length !== columns.length) throw new StatementProblem('a column stands there twice');
  return header;
}

/** Its own messages repeat the line, and with it a wallet. */
function unreadable(error: unknown): unknown {
  if (error instanceof StatementProblem)
    return new UnreadableStatement([`line 1: ${error.message}`], 0);
  const { code, lines } = error as Partial<CsvError> & { lines?: number };
  if (code === undefined || !/^CSV_/.test(code)) return error;
  return new UnreadableStatement(
    [`line ${lines ?? '?'}: ${code.toLowerCase().replaceAll('_', '-')}`],
    0,
  );
}
