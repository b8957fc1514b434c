import assert from 'node:assert/strict';
import { it } from 'node:test';
import { commandOf } from '../../scripts/chaos/print.ts';
import { runChaos } from '../chaos/chaos.ts';
import { testServers } from '../chaos/fleet.ts';

/** Printed with a failure; `npm run chaos` makes the same choices from it. */
const SEED = 20_261_121;
const DURATION_MS = 20_000;
/** Of each family one, nothing that others share, and nothing whose healing takes longer than the run. */
const NEMESES = ['kill-worker', 'pause-api', 'flush-redis', 'cut-postgres', 'charge-faults'];

it('CHX-4 five kinds of harm at once lose and double nothing, and all books agree afterwards', {
  timeout: 170_000,
}, async (t) => {
  const report = await runChaos({
    seed: SEED,
    durationMs: DURATION_MS,
    nemeses: NEMESES,
    kafkaBrokers: testServers().kafkaBrokers,
    clients: 6,
    log: (line) => t.diagnostic(line),
  });
  t.diagnostic(`again: ${commandOf(report)}`);
  const broken = report.verdicts.filter(({ violations }) => violations.length > 0);
  assert.deepEqual(broken, [], report.evidence.join('\n'));
  const faults = Object.values(report.faults).reduce((sum, n) => sum + n, 0);
  assert.ok(faults > 0, 'no harm was done');
  assert.ok(Number(report.figures.keys) > 0, 'nobody paid');
});
