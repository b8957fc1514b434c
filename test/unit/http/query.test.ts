import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeListSchema, parseQuery, readListQuery } from '../../../src/adapters/http/query.ts';
import type { GatewayError } from '../../../src/domain/errors.ts';

const schema = makeListSchema(['MTN', 'AIRTEL']);
const read = (text: string) => readListQuery(schema, parseQuery(text));

test('a query is read into types, and a missing limit is 20', () => {
  assert.deepEqual(read(''), { limit: 20 });
  const text =
    'reference=order%2017&status=FAILED&provider=MTN&limit=100&cursor=abc_-1' +
    '&createdAfter=2026-11-21T08:00:00Z&createdBefore=2026-11-21T10:00:00.5%2B02:00';
  assert.deepEqual(read(text), {
    reference: 'order 17',
    status: 'FAILED',
    provider: 'MTN',
    createdAfter: new Date('2026-11-21T08:00:00Z'),
    createdBefore: new Date('2026-11-21T08:00:00.500Z'),
    limit: 100,
    cursor: 'abc_-1',
  });
});

test('SEC-4 what is unknown, repeated or out of form is query-invalid', () => {
  const bad = [
    ...['limit=0', 'limit=101', 'limit=-1', 'limit=1.5', 'limit=', 'limit=1&limit=1', 'limit[]=1'],
    ...['status=failed', 'status=', 'provider=mtn', 'cursor=', 'cursor=a%00b', 'cursor=..%2F'],
    ...['createdAfter=2026-11-21', 'createdAfter=now', 'createdAfter=0000-01-01T00:00:00Z'],
    ...['createdAfter=2026-13-01T00:00:00Z', 'createdAfter=2026-11-21T08:00:00'],
    ...['createdAfter=2026-02-30T00:00:00Z', 'reference=%00', `reference=${'x'.repeat(65)}`],
    ...['merchantId=other', '__proto__=1', 'constructor=1', 'page=2'],
  ];
  for (const text of bad) assert.throws(() => read(text), { code: 'query-invalid' }, text);
});

test('one entry per parameter says the rule that was broken', () => {
  const cases: [string, string, RegExp][] = [
    ['limit=101', '/limit', /1 to 100/],
    ['limit=1&limit=2', '/limit', /there once/],
    ['status=FAILED&status=FAILED', '/status', /there once/],
    ['status=failed', '/status', /one of RECEIVED, ACCEPTED/],
    ['provider=mtn', '/provider', /one of MTN, AIRTEL/],
    ['cursor=..', '/cursor', /nextCursor/],
    ['createdAfter=0000-01-01', '/createdAfter', /1970 to 9999/],
    ['createdAfter=2026-11-21T10:00:00+02:00', '/createdAfter', /%2B/],
    [`reference=${'x'.repeat(65)}`, '/reference', /at most 64 characters/],
    ['page=2', '/page', /not a field/],
  ];
  for (const [text, pointer, rule] of cases) {
    assert.throws(
      () => read(text),
      ({ errors }: GatewayError) => {
        assert.deepEqual(
          errors?.map((each) => each.pointer),
          [pointer],
          text,
        );
        assert.match(errors?.[0]?.detail ?? '', rule);
        return true;
      },
    );
  }
});
