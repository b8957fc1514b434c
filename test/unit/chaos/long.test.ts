import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { plansOf, readWhole } from '../../../scripts/chaos/long.ts';

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
  assert.ok(plans.every(({ failover }) => !failover));
  assert.ok(plansOf({ ...options, failover: true }).every(({ failover }) => failover));
});

test('a nemesis without neighbours is always alone', () => {
  const plans = plansOf({ ...options, nemeses: ['a'] });
  assert.deepEqual(
    plans.map(({ nemeses }) => nemeses.join()),
    ['a', 'a', 'a', 'a'],
  );
});

test('a line that a crash cut off is taken out, so that the next one stands alone; no file is no runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-long-'));
  try {
    const path = join(folder, 'runs.jsonl');
    assert.deepEqual(await readWhole(path), []);
    await writeFile(path, '{"seed":1}\n{"seed":2}\n{"se');
    assert.deepEqual(await readWhole(path), [{ seed: 1 }, { seed: 2 }]);
    assert.equal(await readFile(path, 'utf8'), '{"seed":1}\n{"seed":2}\n');
  } finally {
    await rm(folder, { recursive: true });
  }
});
