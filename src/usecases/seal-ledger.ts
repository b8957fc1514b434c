import { hash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import {
  type BookedTransaction,
  type Seal,
  type SealHead,
  type SealStore,
  sealName,
} from '../domain/ledger-seal.ts';
import type { Logger } from '../domain/telemetry.ts';

/** In the place of the hash before the first seal's. */
const BEGINNING = 'ledger';

/** A commit of some milliseconds, and a row of some 50 kB. */
export const TRANSACTIONS_PER_SEAL = 1_000;

/** Hex SHA-256 over the canonical JSON of a ledger transaction with its entries, by line. */
export function digestOf(booked: BookedTransaction): string {
  return hash('sha256', canonicalJson(booked), 'hex');
}

/** The next seal: SHA-256 over the canonical JSON of its number, the hash before, and the transactions. */
export function makeSeal(head: SealHead, booked: readonly BookedTransaction[]): Seal {
  const number = head.count + 1;
  const previous = head.hash ?? BEGINNING;
  const transactions = booked.map((one) => ({ id: one.id, digest: digestOf(one) }));
  const hashed = canonicalJson({ number, previous, transactions });
  return { number, hash: hash('sha256', hashed, 'hex'), transactions };
}

/** One batch at a time; answers `more` when it was full. */
export function makeSealLedger(
  store: SealStore,
  logger: Logger,
  limit: number = TRANSACTIONS_PER_SEAL,
) {
  return async function sealLedger(): Promise<'more' | 'done'> {
    const seal = await store.sealNext(limit, makeSeal);
    if (seal === null) return 'done';
    // Whoever keeps this line keeps the head of the chain, out of reach of whoever can write to the database.
    const count = seal.transactions.length;
    logger.info('the ledger was sealed', { seal: sealName(seal), count });
    return count === limit ? 'more' : 'done';
  };
}
