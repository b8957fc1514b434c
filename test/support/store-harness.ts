/** Every PaymentStore there is, behind one way to start it and to look into its books. */
import { after, before, describe } from 'node:test';
import { makePaymentStore } from '../../src/adapters/postgres/payment-store.ts';
import type { LedgerEntry } from '../../src/domain/ledger.ts';
import type { PaymentStore } from '../../src/domain/store.ts';
import { makeFakePaymentStore } from '../simulation/fake-store.ts';
import { makeTables } from '../simulation/tables.ts';
import { directWire } from '../simulation/wire.ts';
import { makeTestDatabase } from './database.ts';

export interface StoreHarness {
  store: PaymentStore;
  /** The same books, as another process has them. */
  other: PaymentStore;
  /** Topics of the messages that wait for a payment, in order. */
  topicsOf(paymentId: string): Promise<string[]>;
  entriesOf(paymentId: string): Promise<Pick<LedgerEntry, 'side' | 'amountMinor'>[]>;
  stop(): Promise<void>;
}

async function postgres(): Promise<StoreHarness> {
  const database = await makeTestDatabase();
  const { pool } = database;
  return {
    store: makePaymentStore(pool),
    other: makePaymentStore(pool),
    async topicsOf(paymentId) {
      const sql = `select topic from outbox where value::jsonb->>'subject' = $1 order by id`;
      const { rows } = await pool.query<{ topic: string }>(sql, [paymentId]);
      return rows.map(({ topic }) => topic);
    },
    async entriesOf(paymentId) {
      const sql = `select e.side, e.amount_minor as "amountMinor" from ledger_entries e
        join ledger_transactions t on t.id = e.transaction_id where t.payment_id = $1
        order by t.id, e.line`;
      const { rows } = await pool.query<Pick<LedgerEntry, 'side' | 'amountMinor'>>(sql, [
        paymentId,
      ]);
      return rows;
    },
    async stop() {
      await database[Symbol.asyncDispose]();
    },
  };
}

async function memory(): Promise<StoreHarness> {
  const tables = makeTables({ nowMs: Date.now });
  return {
    store: makeFakePaymentStore(tables, directWire),
    other: makeFakePaymentStore(tables, directWire),
    topicsOf: async (id) =>
      tables.outbox
        .filter(({ message }) => JSON.parse(message.value).subject === id)
        .map(({ message }) => message.topic),
    entriesOf: async (id) =>
      tables.ledger
        .filter(({ paymentId }) => paymentId === id)
        .flatMap(({ entries }) => entries)
        .map(({ side, amountMinor }) => ({ side, amountMinor })),
    async stop() {},
  };
}

/** Runs the same tests against every implementation. */
export function describeEachStore(what: string, tests: (harness: () => StoreHarness) => void) {
  const implementations = { Postgres: postgres, 'the simulation': memory };
  for (const [name, start] of Object.entries(implementations)) {
    describe(`${what} of ${name}`, () => {
      let harness: StoreHarness;
      before(async () => {
        harness = await start();
      });
      after(() => harness.stop());
      tests(() => harness);
    });
  }
}
