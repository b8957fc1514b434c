import assert from 'node:assert/strict';
import { it } from 'node:test';
import { testServers } from '../chaos/fleet.ts';
import { runKills } from '../chaos/kills.ts';
import { propertySeed } from '../support/seed.ts';

it('CHX-4 kill -9 of api and worker at random moments loses and doubles nothing', async (t) => {
  const { problems } = await runKills({
    servers: testServers(),
    rounds: 4,
    seed: propertySeed(t),
  });
  assert.deepEqual(problems, []);
});
