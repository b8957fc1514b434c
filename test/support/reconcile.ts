/** `gateway admin reconcile` in a test, on statements that the simulators export. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { PROVIDERS } from '../../providers/index.ts';
import { makeReconciliationStore, marketsOf } from '../../src/adapters/postgres/reconciliation.ts';
import { Refusal } from '../../src/admin/arguments.ts';
import { runReconcile } from '../../src/admin/reconcile.ts';
import type { Difference } from '../../src/usecases/reconcile-statement.ts';

export interface Reconciled {
  /** What the JSON report says. */
  report: {
    classes: { class: string; currency: string; count: number; sum: string }[];
    differences: Difference[];
    discrepanciesOpened: number;
    paymentsAskedAbout: number;
  };
  /** The CSV report's lines. */
  csv: string[];
  printed: string[];
  /** True when the command said that something differs. */
  differs: boolean;
}

/** Runs it as a person would, and reads both reports. A mistake in the words is thrown. */
export async function reconcile(
  { pool }: { pool: pg.Pool },
  provider: string,
  statement: string,
  ...more: string[]
): Promise<Reconciled> {
  const folder = await mkdtemp(join(tmpdir(), 'reconcile-'));
  const printed: string[] = [];
  const run = async (...words: string[]) => {
    const args = ['--provider', provider, '--statement', statement, ...words, ...more];
    try {
      await runReconcile(['reconcile', ...args], {
        store: makeReconciliationStore(pool),
        formatOf: (name) => PROVIDERS.find((one) => one.name === name)?.statement ?? null,
        providers: PROVIDERS.map(({ name }) => name),
        marketsOf: (name) => marketsOf(pool, name),
        print: (line) => printed.push(line),
      });
      return false;
    } catch (error) {
      if (error instanceof Refusal) return true;
      throw error;
    }
  };
  try {
    const [json, csv] = [join(folder, 'report.json'), join(folder, 'report.csv')];
    await run('--out', csv, '--dry-run');
    printed.length = 0;
    const differs = await run('--out', json);
    return {
      report: JSON.parse(await readFile(json, 'utf8')),
      csv: (await readFile(csv, 'utf8')).trimEnd().split('\r\n'),
      printed,
      differs,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Both providers' statements of all time, with nothing left for the next one. */
export async function reconcileAll(rig: {
  simulators: { url: string };
  database: { pool: pg.Pool };
}) {
  const counts: Record<string, number> = {};
  const missingHere: string[] = [];
  const sums = { opened: 0, asked: 0 };
  const period = [
    '--from',
    '2026-01-01T00:00:00Z',
    '--to',
    '2100-01-01T00:00:00Z',
    '--margin',
    '0',
  ];
  for (const provider of ['MTN', 'AIRTEL']) {
    const statement = `${rig.simulators.url}/control/statements/${provider.toLowerCase()}`;
    const { report } = await reconcile(
      rig.database,
      provider,
      statement,
      '--market',
      'ZM',
      ...period,
    );
    for (const { class: found, count } of report.classes) {
      counts[found] = (counts[found] ?? 0) + count;
    }
    for (const one of report.differences) {
      if (one.class === 'missing-here') missingHere.push(one.reference);
    }
    sums.opened += report.discrepanciesOpened;
    sums.asked += report.paymentsAskedAbout;
  }
  return { counts, missingHere, ...sums };
}
