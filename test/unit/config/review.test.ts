import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_ENV, load, problemNames } from '../../support/config-env.ts';

const NAME = 'REVIEW_SECOND_PERSON_ABOVE';
const limitsOf = (text?: string) =>
  load({ ...API_ENV, ...(text !== undefined && { [NAME]: text }) }).secondPersonAbove;

test('SEC-11 limits are read in major units, by currency', () => {
  assert.deepEqual(limitsOf('ZMW:1000,UGX:300000, KES:0.50'), {
    ZMW: 100_000n,
    UGX: 300_000n,
    KES: 50n,
  });
  assert.deepEqual(limitsOf('ZMW:0'), { ZMW: 0n });
  assert.equal(limitsOf(), null);
});

test('SEC-11 a limit that is no amount of a known currency is refused by name', () => {
  for (const wrong of [
    '1000',
    'ZMW:',
    'ZMW:-1',
    'ZMW:1.005',
    'XXX:1',
    'ZMW:1,ZMW:2',
    'UGX:1.5',
    'ZMW:1e3',
  ]) {
    assert.deepEqual(problemNames({ ...API_ENV, [NAME]: wrong }), [NAME], wrong);
  }
});
