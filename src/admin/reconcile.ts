/** `gateway admin reconcile`: a provider's statement against all our payments. */
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import axios from 'axios';
import { readStatement, UnreadableStatement } from '../adapters/statement/read-statement.ts';
import { formatAmount } from '../domain/money.ts';
import { isDifference, type ReconciliationStore } from '../domain/reconciliation.ts';
import type { StatementFormat } from '../domain/statement.ts';
import {
  makeReconcile,
  type NumberedLine,
  type ReconciliationReport,
  type StatementPeriod,
} from '../usecases/reconcile-statement.ts';
import { needed, type Print, Refusal, readArguments, tableOf, UsageError } from './arguments.ts';
import { toCsv, toJson } from './reconcile-report.ts';

export const RECONCILE_HELP = `gateway admin reconcile --provider <name> --statement <file or URL> [--market <country>]
  [--from <time>] [--to <time>] [--margin <seconds>] [--out <report.json or report.csv>] [--dry-run]

Compares a provider's statement with all payments by our reference, opens a discrepancy for each difference that has
none, and exits with 1 when there is one. --from and --to (RFC 3339) say which time the statement covers; without
them, from its first line to its last. Payments that were dispatched in the last --margin seconds of it (600) are left
for the next statement. With --dry-run nothing is written but the report.`;

export interface ReconcileDeps {
  store: ReconciliationStore;
  formatOf(provider: string): StatementFormat | null;
  providers: readonly string[];
  marketsOf(provider: string): Promise<string[]>;
  print: Print;
}

const KINDS = {
  ...({ provider: 'text', statement: 'text', market: 'text', from: 'text', to: 'text' } as const),
  ...({ margin: 'text', out: 'text', 'dry-run': 'flag' } as const),
} as const;

const DEFAULT_MARGIN_SECONDS = '600';
/** More than that stands in nobody's terminal; the report has all. */
const SHOWN_DIFFERENCES = 20;
const DOWNLOAD_TIMEOUT_MS = 300_000;
const MAX_STATEMENT_BYTES = 512 * 1024 * 1024;

type Options = ReturnType<typeof readArguments<typeof KINDS>>['options'];

export async function runReconcile(args: string[], deps: ReconcileDeps): Promise<void> {
  const { options } = readArguments(args, 1, KINDS);
  const provider = needed(options.provider, '--provider', RECONCILE_HELP);
  if (!deps.providers.includes(provider)) {
    throw new UsageError(`--provider is one of ${deps.providers.join(', ')}`);
  }
  const format = deps.formatOf(provider);
  if (format === null) throw new UsageError(`statements of ${provider} cannot be read`);
  const { out } = options;
  if (out !== undefined && !/\.(json|csv)$/.test(out)) {
    throw new UsageError('--out ends in .json or .csv');
  }
  const market = options.market ?? (await onlyMarket(provider, deps));
  const lines = await load(needed(options.statement, '--statement', RECONCILE_HELP), format);
  const period = readPeriod(options, lines, { provider, market });
  const dryRun = options['dry-run'] ?? false;
  const report = await makeReconcile(deps.store)(lines, period, { dryRun });
  if (out !== undefined) {
    const text = out.endsWith('.csv') ? toCsv(report) : toJson(report, period, lines.length);
    await writeFile(out, text, { mode: 0o600 });
  }
  show(report, period, lines.length, deps.print);
  const { length } = report.differences;
  if (length > 0) throw new Refusal(`${length} ${length === 1 ? 'difference' : 'differences'}`);
}

async function onlyMarket(provider: string, { marketsOf }: ReconcileDeps): Promise<string> {
  const [market, ...others] = await marketsOf(provider);
  if (market !== undefined && others.length === 0) return market;
  throw new UsageError(
    market === undefined
      ? `no payment was ever tried at ${provider}: say --market`
      : `${provider} has several markets, say --market: ${[market, ...others].join(', ')}`,
  );
}

async function load(source: string, format: StatementFormat): Promise<NumberedLine[]> {
  try {
    return await readStatement(
      /^https?:/.test(source) ? await download(source) : createReadStream(source),
      format,
    );
  } catch (error) {
    if (error instanceof UnreadableStatement) throw new UsageError(error.message);
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`the statement cannot be fetched: ${code ?? message}`);
  }
}

async function download(url: string): Promise<AsyncIterable<Uint8Array>> {
  const { data } = await axios.get(url, {
    responseType: 'stream',
    timeout: DOWNLOAD_TIMEOUT_MS,
    maxRedirects: 0,
    maxContentLength: MAX_STATEMENT_BYTES,
    proxy: false,
  });
  return data;
}

function readPeriod(
  options: Options,
  lines: readonly NumberedLine[],
  account: { provider: string; market: string },
): StatementPeriod {
  const margin = options.margin ?? DEFAULT_MARGIN_SECONDS;
  if (!/^\d{1,6}$/.test(margin)) throw new UsageError('--margin is a whole number of seconds');
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { at } of lines) {
    firstMs = Math.min(firstMs, at.getTime());
    lastMs = Math.max(lastMs, at.getTime());
  }
  const momentOf = (name: 'from' | 'to', fallbackMs: number) => {
    const text = options[name];
    const ms = text === undefined ? fallbackMs : Date.parse(text);
    if (!Number.isFinite(ms)) {
      throw new UsageError(
        `--${name} is a time such as 2026-11-21T00:00:00Z; an empty statement needs it`,
      );
    }
    return new Date(ms);
  };
  const from = momentOf('from', firstMs);
  const to = momentOf('to', lastMs + 1);
  if (from >= to) throw new UsageError('--from lies before --to');
  return { ...account, from, to, marginMs: Number(margin) * 1_000 };
}

function show(
  { totals, differences, opened, asked }: ReconciliationReport,
  { provider, market, from, to }: StatementPeriod,
  lines: number,
  print: Print,
): void {
  print(`${provider} ${market}, ${from.toISOString()} to ${to.toISOString()}: ${lines} lines`);
  const rows = totals.map((one) => [
    ...[one.class, one.currency, String(one.count), formatAmount(one.amountMinor, one.currency)],
    isDifference(one.class) ? 'NOT SO' : '',
  ]);
  for (const line of tableOf([['class', 'currency', 'count', 'sum', ''], ...rows]))
    print(`  ${line}`);
  for (const { class: found, paymentId, reference, ours, theirs } of differences.slice(
    0,
    SHOWN_DIFFERENCES,
  )) {
    const here = ours ? `${ours.status} ${ours.amount} ${ours.currency}` : 'no payment';
    const there = theirs
      ? `${theirs.status} ${theirs.amount} ${theirs.currency}, line ${theirs.line}`
      : 'not listed';
    print(`${found}: ${paymentId ?? reference}: here ${here}; there ${there}`);
  }
  const more = differences.length - SHOWN_DIFFERENCES;
  if (more > 0) print(`and ${more} more: --out writes them all`);
  print(`discrepancies opened: ${opened}; payments asked about now: ${asked}`);
}
