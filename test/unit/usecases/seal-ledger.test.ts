import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  type BookedTransaction,
  parseSealName,
  sealName,
} from '../../../src/domain/ledger-seal.ts';
import { redact } from '../../../src/log/redact.ts';
import { digestOf, makeSeal } from '../../../src/usecases/seal-ledger.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const BOOKED: BookedTransaction = {
  id: '17',
  paymentId: 'pay_1',
  kind: 'capture',
  createdAt: '2026-11-21T12:00:00.000001Z',
  reverses: null,
  reason: null,
  entries: [
    {
      account: 'provider:MTN:ZM:settlement',
      amountMinor: '2000',
      currency: 'ZMW',
      line: 1,
      side: 'debit',
    },
    {
      account: 'merchant:shop:payable',
      amountMinor: '2000',
      currency: 'ZMW',
      line: 2,
      side: 'credit',
    },
  ],
};
const EMPTY = { count: 0, hash: null };

test('LED-7 a ledger transaction is hashed whole, in canonical JSON', () => {
  assert.equal(
    digestOf(BOOKED),
    sha256(
      '{"createdAt":"2026-11-21T12:00:00.000001Z","entries":[' +
        '{"account":"provider:MTN:ZM:settlement","amountMinor":"2000","currency":"ZMW","line":1,"side":"debit"},' +
        '{"account":"merchant:shop:payable","amountMinor":"2000","currency":"ZMW","line":2,"side":"credit"}' +
        '],"id":"17","kind":"capture","paymentId":"pay_1","reason":null,"reverses":null}',
    ),
  );
});

test('LED-7 no member of a ledger transaction can change without its hash', () => {
  const [entry] = BOOKED.entries;
  assert.ok(entry);
  const changed: BookedTransaction[] = [
    { ...BOOKED, id: '18' },
    { ...BOOKED, paymentId: 'pay_2' },
    { ...BOOKED, kind: 'reversal' },
    { ...BOOKED, createdAt: '2026-11-21T12:00:00.000002Z' },
    { ...BOOKED, reverses: '16' },
    { ...BOOKED, reason: '' },
    { ...BOOKED, entries: [entry] },
    { ...BOOKED, entries: BOOKED.entries.toReversed() },
    ...Object.entries({
      account: 'a',
      amountMinor: '1',
      currency: 'USD',
      line: 3,
      side: 'credit',
    }).map(([member, value]) => ({
      ...BOOKED,
      entries: [{ ...entry, [member]: value }, ...BOOKED.entries.slice(1)],
    })),
  ];
  const hashes = [BOOKED, ...changed].map(digestOf);
  assert.equal(new Set(hashes).size, hashes.length);
});

test('LED-7 a seal follows from the one before it, from its number and from what it holds', () => {
  const first = makeSeal(EMPTY, [BOOKED]);
  const digest = digestOf(BOOKED);
  assert.equal(first.number, 1);
  assert.equal(
    first.hash,
    sha256(`{"number":1,"previous":"ledger","transactions":[{"digest":"${digest}","id":"17"}]}`),
  );
  const second = makeSeal({ count: 1, hash: first.hash }, [BOOKED]);
  assert.equal(
    second.hash,
    sha256(
      `{"number":2,"previous":"${first.hash}","transactions":[{"digest":"${digest}","id":"17"}]}`,
    ),
  );
});

test('LED-7 the name of a seal reads back, and no log takes its digits for an MSISDN', () => {
  for (const hash of [sha256('a'), '1'.repeat(64), `${'0123456789'.repeat(6)}0123`]) {
    const name = sealName({ number: 12_345_678, hash });
    assert.equal(redact(name), name);
    assert.deepEqual(parseSealName(name), { number: 12_345_678, hash });
    assert.deepEqual(parseSealName(`1:${hash}`), { number: 1, hash });
  }
  for (const wrong of ['', '1', `0:${sha256('a')}`, `1:${sha256('a')}0`, `1:${'g'.repeat(64)}`]) {
    assert.equal(parseSealName(wrong), undefined, wrong);
  }
});
