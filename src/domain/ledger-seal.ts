/**
 * LED-7: what was booked, sealed in batches. A seal has the hash of each ledger transaction of its batch, and is hashed
 * together with the seal before it: a transaction that was altered or removed afterwards shows, and so does a seal.
 */
import type { PostingSide } from './ledger.ts';

/** A ledger transaction as it is hashed: all of it, in text, so that nothing is rounded on the way. */
export interface BookedTransaction {
  createdAt: string;
  entries: {
    account: string;
    amountMinor: string;
    currency: string;
    line: number;
    side: PostingSide;
  }[];
  id: string;
  kind: string;
  paymentId: string;
  reason: string | null;
  reverses: string | null;
}

/** Where the chain of seals ends. null: there is none yet. */
export interface SealHead {
  count: number;
  hash: string | null;
}

export interface Seal {
  /** From 1, without a gap. */
  number: number;
  /** Hex SHA-256; `usecases/seal-ledger.ts` says of what. */
  hash: string;
  transactions: { id: string; digest: string }[];
}

export interface SealStore {
  /**
   * One batch in one commit: what waits, `limit` ledger transactions at most, is handed to `make`, and its seal is
   * appended. null when nothing waits, or somebody else is sealing at this moment. Who books waits for neither.
   */
  sealNext(
    limit: number,
    make: (head: SealHead, booked: readonly BookedTransaction[]) => Seal,
  ): Promise<Seal | null>;
}

/**
 * A seal in one word, to be kept somewhere else: its number and its hash. The hash is in groups, so that no run of its
 * digits is taken for an MSISDN in a log.
 */
export function sealName({ number, hash }: Pick<Seal, 'number' | 'hash'>): string {
  return `${number}:${hash.match(/.{8}/g)?.join('-') ?? hash}`;
}

/** undefined when the text is no name of a seal. */
export function parseSealName(text: string): Pick<Seal, 'number' | 'hash'> | undefined {
  const [, number = '', groups = ''] = /^([1-9]\d{0,8}):([0-9a-f-]{64,71})$/.exec(text) ?? [];
  const hash = groups.replaceAll('-', '');
  return hash.length === 64 ? { number: Number(number), hash } : undefined;
}
