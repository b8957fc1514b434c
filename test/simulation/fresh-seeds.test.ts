import assert from 'node:assert/strict';
import { test } from 'node:test';
import { propertySeed } from '../support/seed.ts';
import { describeBroken, runMany } from './run-many.ts';

const RUNS = 1_000;

test(`CHX-6 the use cases keep every promise in ${RUNS} fresh schedules`, async (t) => {
  const { broken } = await runMany({ seed: propertySeed(t), runs: RUNS });
  assert.equal(broken && (await describeBroken(broken)), null);
});
