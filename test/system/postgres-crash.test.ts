import assert from 'node:assert/strict';
import { it } from 'node:test';
import { testServers } from '../chaos/fleet.ts';
import { runPostgresCrash } from '../chaos/postgres-crash.ts';
import { propertySeed } from '../support/seed.ts';

it('Postgres, killed under load: 503 meanwhile, no double charge after', async (t) => {
  const seed = propertySeed(t);
  const { problems } = await runPostgresCrash({ servers: testServers(), rounds: 2, seed });
  assert.deepEqual(problems, []);
});
