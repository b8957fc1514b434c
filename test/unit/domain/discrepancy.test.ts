import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  DISCREPANCY_KINDS,
  type Discrepancy,
  proposalFor,
} from '../../../src/domain/discrepancy.ts';
import { isDifference, RECONCILIATION_CLASSES } from '../../../src/domain/reconciliation.ts';

const STATUSES = ['SUCCEEDED', 'FAILED', 'MANUAL_REVIEW', 'RECEIVED', null] as const;

function discrepancy(kind: string, status: string | null): Discrepancy {
  const known = { merchantId: 'shop', amountMinor: 2_000n, currency: 'ZMW' };
  return {
    id: 7n,
    paymentId: status === null ? null : 'pay_1',
    ...{ kind, detail: 'd', provider: 'MTN', market: 'ZM', providerReference: 'R1' },
    createdAt: new Date(0),
    closed: null,
    payment: status === null ? null : { ...known, status, payerMasked: '+260*****4567' },
  };
}

const words = (kind: string, status: string | null) =>
  proposalFor(discrepancy(kind, status)).join('\n');

/** Which statuses a kind can stand beside; `missing-here` has no payment. */
const BESIDE: Readonly<Record<string, readonly (string | null)[]>> = {
  'missing-here': [null],
  'missing-at-provider': ['SUCCEEDED'],
  'succeeded-after-failed': ['FAILED'],
  'failed-after-succeeded': ['SUCCEEDED'],
  'charge-not-found': ['MANUAL_REVIEW', 'SUCCEEDED', 'FAILED'],
};

describe('a discrepancy', () => {
  it('of every kind says what a person does, by commands, and how to close it', () => {
    for (const kind of DISCREPANCY_KINDS) {
      for (const status of BESIDE[kind] ?? STATUSES.slice(0, 4)) {
        const said = words(kind, status);
        assert.match(said, /^Proposal: \w.+\.\n/, kind);
        assert.match(said, /\bMTN\b/, kind);
        assert.match(said, /gateway admin discrepancy close 7 --reason "…" --by <name>$/, kind);
        assert.ok(said.split('\n').length >= 4, kind);
        assert.doesNotMatch(said, /undefined|null/, `${kind} ${status}`);
      }
    }
  });

  it('is never without words, also of a kind that this version does not know', () => {
    assert.match(words('of-tomorrow', 'SUCCEEDED'), /^Proposal: ask the provider/);
  });

  it('names the command that mends it, where there is one', () => {
    assert.match(words('missing-here', null), /repeats its request with the same key/);
    assert.match(words('missing-here', null), /admin reconcile --provider MTN --market ZM/);
    assert.match(words('missing-at-provider', 'SUCCEEDED'), /admin ledger reverse <transaction>/);
    assert.match(words('charged-twice', 'SUCCEEDED'), /refund the later one/);
    assert.match(words('state-differs', 'MANUAL_REVIEW'), /admin review resolve pay_1 --as/);
    assert.match(words('state-differs', 'SUCCEEDED'), /for good/);
    assert.match(words('state-differs', 'RECEIVED'), /refund its charge R1/);
    assert.match(words('amount-differs', 'MANUAL_REVIEW'), /admin review resolve pay_1/);
    assert.match(words('amount-differs', 'SUCCEEDED'), /admin ledger show pay_1/);
  });

  it('of every difference in a statement has a kind', () => {
    const kinds: readonly string[] = DISCREPANCY_KINDS;
    const without = RECONCILIATION_CLASSES.filter(isDifference).filter(
      (found) => !kinds.includes(found),
    );
    assert.deepEqual(without, []);
  });

  it('of every kind has its line in the operators’ table, and no other has', () => {
    const path = new URL('../../../docs/operations.md', import.meta.url);
    const section = readFileSync(path, 'utf8')
      .split(/^### /m)
      .find((part) => part.startsWith('Discrepancies\n'));
    const rows = [...(section ?? '').matchAll(/^\| `([\w-]+)` \|/gm)].map(([, kind]) => kind);
    assert.deepEqual(rows.toSorted(), DISCREPANCY_KINDS.toSorted());
  });
});
