/** The commands of `gateway admin`, each with what it needs and no more: use cases are those of api and worker. */
import type pg from 'pg';
import { PROVIDERS } from '../../providers/index.ts';
import { makeDiscrepancyStore } from '../adapters/postgres/discrepancy-store.ts';
import { addFee, makeFeeSource, readFees } from '../adapters/postgres/fees.ts';
import { makeLedgerBooks } from '../adapters/postgres/ledger.ts';
import { makeMerchantStore } from '../adapters/postgres/merchants.ts';
import { makeReconciliationStore, marketsOf } from '../adapters/postgres/reconciliation.ts';
import { makeReviewStore } from '../adapters/postgres/review-store.ts';
import type { Print } from '../admin/arguments.ts';
import { runDeadLetters } from '../admin/dead-letters.ts';
import { runDiscrepancies } from '../admin/discrepancies.ts';
import { runFee } from '../admin/fee.ts';
import { runLedger } from '../admin/ledger.ts';
import { runMerchants } from '../admin/merchants.ts';
import { runReconcile } from '../admin/reconcile.ts';
import { runReview } from '../admin/review.ts';
import type { AdminCommands } from '../admin.ts';
import { makeResolveReview } from '../usecases/resolve-review.ts';
import { makeCore } from './core.ts';
import { openDeadLetters } from './dead-letters.ts';
import type { ProcessParts } from './process.ts';
import { openWholeTablePool } from './servers.ts';

export interface AdminParts {
  parts: ProcessParts;
  pool: pg.Pool;
  stack: AsyncDisposableStack;
  /** The account of the machine that the command runs as. */
  account: string;
  print: Print;
}

export function makeAdminCommands(admin: AdminParts): AdminCommands {
  const { parts, pool, account, print } = admin;
  const { config, ids } = parts;
  const merchants = (args: string[]) =>
    runMerchants(args, {
      merchants: makeMerchantStore(pool),
      pepper: () => config.secrets.apiKeyPepper.reveal(),
      actor: `cli:${account}`,
      newId: () => ids.eventId().replaceAll('-', ''),
      print,
    });
  return {
    merchant: merchants,
    key: merchants,
    review: (args) => review(args, admin),
    dlq: (args) => deadLetters(args, admin),
    discrepancy: (args) =>
      runDiscrepancies(args, { discrepancies: makeDiscrepancyStore(pool), account, print }),
    fee: (args) =>
      runFee(args, {
        providers: PROVIDERS.map(({ name }) => name),
        readFees: () => readFees(pool),
        addFee: (rule, actor) => addFee(pool, rule, actor),
        merchantExists: (id) => makeMerchantStore(pool).merchantExists(id),
        actor: `cli:${account}`,
        print,
      }),
    reconcile: (args) => reconcile(args, admin),
    ledger: (args) =>
      runLedger(args, { books: makeLedgerBooks(wholeTables(admin)), account, print }),
  };
}

function wholeTables({ parts, stack }: AdminParts): pg.Pool {
  const pool = openWholeTablePool(parts);
  stack.defer(() => pool.end());
  return pool;
}

async function deadLetters(
  args: string[],
  { parts, pool, stack, account, print }: AdminParts,
): Promise<void> {
  const open = () => openDeadLetters(parts, pool, stack);
  await runDeadLetters(args, { open, account, print });
}

function reconcile(args: string[], admin: AdminParts): Promise<void> {
  const { print } = admin;
  const pool = wholeTables(admin);
  return runReconcile(args, {
    store: makeReconciliationStore(pool),
    formatOf: (name) => PROVIDERS.find((one) => one.name === name)?.statement ?? null,
    providers: PROVIDERS.map(({ name }) => name),
    marketsOf: (provider) => marketsOf(pool, provider),
    print,
  });
}

async function review(
  args: string[],
  { parts, pool, stack, account, print }: AdminParts,
): Promise<void> {
  const { providers, write } = makeCore(parts, pool, stack);
  const { clock, config } = parts;
  const { timing, secondPersonAbove: limits } = config;
  const { gateFor } = providers;
  const reviews = makeReviewStore(pool);
  const fees = makeFeeSource(pool, clock);
  const deps = { reviews, gateFor, write, fees, clock, timing, limits };
  const { resolveReview: resolve, ask } = makeResolveReview(deps);
  await runReview(args, { reviews, resolve, ask, account, print });
}
