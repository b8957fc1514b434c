import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plansOf } from '../../../scripts/chaos/long.ts';

const options = { seed: 7, seeds: 4, durationMs: 30_000, nemeses: ['a', 'b', 'c'], lanes: 1 };

test('every nemesis meets every seed, alone or with a neighbour, and the same command plans the same', () => {
  const plans = plansOf(options);
  assert.equal(plans.length, 12);
  for (const seed of [7, 8, 9, 10]) {
    const led = plans.filter((plan) => plan.seed === seed).map(({ nemeses }) => nemeses[0]);
    assert.deepEqual(led, ['a', 'b', 'c']);
  }
  const pairs = plans.filter(({ nemeses }) => nemeses.length === 2);
  assert.equal(pairs.length, 6);
  assert.ok(pairs.every(({ nemeses: [one, other] }) => one !== other));
  assert.deepEqual(plansOf(options), plans);
});

test('a nemesis without neighbours is always alone', () => {
  const plans = plansOf({ ...options, nemeses: ['a'] });
  assert.deepEqual(
    plans.map(({ nemeses }) => nemeses.join()),
    ['a', 'a', 'a', 'a'],
  );
});
