import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { HeldPayment } from '../../../src/domain/store.ts';
import { systemClock } from '../../../src/system.ts';
import { startSettlements } from '../../../src/usecases/run-settlements.ts';
import { silentLogger } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';

it('settles also when it may ask for fewer at once than a claim usually takes', async () => {
  const limits: number[] = [];
  const settlements = startSettlements({
    store: {
      async claimDue(limit) {
        limits.push(limit);
        return limits.length > 3 ? [] : [{} as HeldPayment];
      },
    },
    settle: async () => {},
    clock: systemClock,
    logger: silentLogger,
    leaseMs: 1_000,
    concurrency: 1,
    idleMs: 1,
  });
  await eventually(() => assert.ok(limits.length > 3));
  await settlements.close();
  assert.ok(limits.every((limit) => limit === 1));
});
