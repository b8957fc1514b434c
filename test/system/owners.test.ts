import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runDrain } from '../chaos/drain.ts';
import { testServers } from '../chaos/fleet.ts';
import { runIdentical } from '../chaos/identical.ts';
import { runPause } from '../chaos/pause.ts';
import { propertySeed } from '../support/seed.ts';

describe('an api process among others', () => {
  it('IDM-11 that sleeps past its leases changes nothing when it wakes, and answers as stored', async () => {
    const { problems } = await runPause({ servers: testServers() });
    assert.deepEqual(problems, []);
  });

  it('IDM-5 takes one of 100 identical requests; the rest are 409 or a replay', async () => {
    const { problems } = await runIdentical({ servers: testServers(), rounds: 3 });
    assert.deepEqual(problems, []);
  });

  // Starts, drains and rebalances of four processes, one after another, on a machine that may be busy.
  it('BRK-13, KAF-12 that is replaced under load costs no client an answer', {
    timeout: 240_000,
  }, async (t) => {
    const { problems } = await runDrain({ servers: testServers(), seed: propertySeed(t) });
    assert.deepEqual(problems, []);
  });
});
