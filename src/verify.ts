/** `gateway verify`: compares all books of one database, and the simulators' list when it is given. */
import axios from 'axios';
import type pg from 'pg';
import { compareBooks, readCharges, readTotals } from './adapters/postgres/books.ts';
import { makeLedgerBooks } from './adapters/postgres/ledger.ts';
import { compareSeal, readSealTotals } from './adapters/postgres/seal-checks.ts';
import { type Seal, sealName } from './domain/ledger-seal.ts';
import { formatAmount } from './domain/money.ts';
import { compareCharges, type TakenCharge } from './usecases/compare-charges.ts';

export interface VerifyOptions {
  pool: pg.Pool;
  /** Base address of the simulators, whose list of charges is compared too. */
  simulatorsUrl?: string;
  /** A seal of the ledger that was noted elsewhere. */
  seal?: Pick<Seal, 'number' | 'hash'>;
  print(line: string): void;
}

const LIST_TIMEOUT_MS = 30_000;
const LIST_MAX_BYTES = 512 * 1024 * 1024;

/** True when everything agrees. */
export async function verify({
  pool,
  simulatorsUrl,
  seal,
  print,
}: VerifyOptions): Promise<boolean> {
  const found = await compareBooks(pool);
  if (seal !== undefined) found.push(...(await compareSeal(pool, seal)));
  if (simulatorsUrl !== undefined) {
    const taken = await listCharges(simulatorsUrl);
    found.push(...compareCharges(taken, await readCharges(pool)));
    print(`charges at the simulators: ${taken.length}`);
  }
  const { payments, ledgerTransactions, outboxPending, discrepancies } = await readTotals(pool);
  const states = Object.entries(payments).map(([status, count]) => `${status} ${count}`);
  print(`payments: ${states.join(', ') || 'none'}`);
  print(`ledger transactions: ${ledgerTransactions}; global sum: ${await globalSum(pool)}`);
  const { seals, waiting, newest } = await readSealTotals(pool);
  print(`seals of the ledger: ${seals}; ledger transactions that wait for one: ${waiting}`);
  if (newest !== null) print(`newest seal: ${sealName(newest)}`);
  print(`messages that wait: ${outboxPending}; open discrepancies: ${discrepancies}`);
  for (const { rule, subject, detail } of found) print(`NOT SO: ${rule}: ${subject} (${detail})`);
  print(found.length === 0 ? 'all books agree' : `${found.length} disagreements`);
  return found.length === 0;
}

/** LED-6: all debits less all credits, by currency. `compareBooks` has the rule that it is 0. */
async function globalSum(pool: pg.Pool): Promise<string> {
  const sums = new Map<string, bigint>();
  for (const { currency, debitMinor, creditMinor } of await makeLedgerBooks(pool).balances(null)) {
    sums.set(currency, (sums.get(currency) ?? 0n) + debitMinor - creditMinor);
  }
  const shown = [...sums]
    .sort()
    .map(([currency, sum]) => `${formatAmount(sum, currency)} ${currency}`);
  return shown.join(', ') || '0';
}

async function listCharges(simulatorsUrl: string): Promise<TakenCharge[]> {
  const { data } = await axios.get<{ charges: TakenCharge[] }>('/control/charges', {
    baseURL: simulatorsUrl,
    timeout: LIST_TIMEOUT_MS,
    maxRedirects: 0,
    maxContentLength: LIST_MAX_BYTES,
    proxy: false,
  });
  return data.charges;
}
