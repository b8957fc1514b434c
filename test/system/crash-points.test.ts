import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runCrashPoints } from '../chaos/crash-points.ts';
import { testServers } from '../chaos/fleet.ts';
import { propertySeed } from '../support/seed.ts';

it('IDM-9, KAF-6 a process that dies at any named point leaves one charge and one effect', async (t) => {
  const { problems } = await runCrashPoints({ servers: testServers(), seed: propertySeed(t) });
  assert.deepEqual(problems, []);
});
