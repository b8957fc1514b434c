/**
 * The guard against a small model of what it promises, over random schedules of calls, ends and
 * time.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { ChargePermit } from '../../../src/domain/gate.ts';
import type { ChargeOutcome } from '../../../src/domain/provider.ts';
import {
  accepted,
  type Call,
  declined,
  makeRig,
  notSent,
  refused,
  request,
  settle,
  timedOut,
} from '../../support/breaker-rig.ts';
import { propertySeed } from '../../support/seed.ts';

const BUCKETS = 10;
const TIMING = {
  volume: 3,
  failurePercent: 60,
  windowMs: 5_000,
  resetMs: 4_000,
  resetGrowth: 2,
  resetMaxMs: 10_000,
};
const STEP_MS = 100;
/** Longer than any schedule: these tests are about the breaker, not about deadlines. */
const NO_LIMIT_MS = 10_000_000;

type Verdict = 'healthy' | 'failing' | 'none';
const ENDS: [ChargeOutcome, Verdict][] = [
  [accepted, 'healthy'],
  [declined, 'healthy'],
  [notSent, 'none'],
  [refused, 'failing'],
  [timedOut, 'failing'],
  [refused, 'failing'],
];

class Model {
  state: 'OPERATIONAL' | 'DEGRADED' | 'DOWN' = 'OPERATIONAL';
  generation = 0;
  probeOut = false;
  nowMs = 0;
  openUntilMs = 0;
  resetMs = TIMING.resetMs;
  buckets = Array.from({ length: BUCKETS }, () => ({ calls: 0, failures: 0 }));

  advance(): void {
    this.nowMs += STEP_MS;
    if (this.nowMs % (TIMING.windowMs / BUCKETS) === 0) {
      this.buckets.pop();
      this.buckets.unshift({ calls: 0, failures: 0 });
    }
    if (this.state === 'DOWN' && this.nowMs >= this.openUntilMs) {
      this.state = 'DEGRADED';
      this.probeOut = false;
      this.resetMs = Math.min(this.resetMs * TIMING.resetGrowth, TIMING.resetMaxMs);
    }
  }

  admits(): boolean {
    return this.state === 'OPERATIONAL' || (this.state === 'DEGRADED' && !this.probeOut);
  }

  end(verdict: Verdict, born: number): void {
    if (born !== this.generation) return;
    if (verdict === 'none') this.probeOut = false;
    else this.count(verdict === 'failing');
  }

  private count(failing: boolean): void {
    const [bucket] = this.buckets;
    assert.ok(bucket);
    bucket.calls += 1;
    if (failing) bucket.failures += 1;
    const calls = this.buckets.reduce((sum, each) => sum + each.calls, 0);
    const failures = this.buckets.reduce((sum, each) => sum + each.failures, 0);
    if (this.state === 'DEGRADED' && !failing) {
      this.state = 'OPERATIONAL';
      this.resetMs = TIMING.resetMs;
    } else if (failing) {
      const isTooMany = calls >= TIMING.volume && (failures / calls) * 100 > TIMING.failurePercent;
      if (this.state === 'DEGRADED' || isTooMany) this.open();
    }
  }

  private open(): void {
    this.state = 'DOWN';
    this.generation += 1;
    this.openUntilMs = this.nowMs + this.resetMs;
  }
}

interface Held {
  permit: ChargePermit;
  generation: number;
  isProbe: boolean;
}

type Step =
  | { do: 'admit' }
  | { do: 'send'; which: number }
  | { do: 'release'; which: number }
  | { do: 'end'; which: number; how: number }
  /** Admitted, sent and ended at once. */
  | { do: 'charge'; how: number }
  | { do: 'wait'; steps: number };

function endOf(how: number): [ChargeOutcome, Verdict] {
  const end = ENDS[how];
  assert.ok(end);
  return end;
}

function take<T>(items: T[], which: number): T | undefined {
  return items.length === 0 ? undefined : items.splice(which % items.length, 1)[0];
}

const which = fc.nat({ max: 50 });
const how = fc.nat({ max: ENDS.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Step>({ do: 'admit' }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), which }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('end' as const), which, how }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('charge' as const), how }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      steps: fc.integer({ min: 1, max: 45 }),
    }),
  },
);

async function follow(t: TestContext, steps: Step[]): Promise<Set<string>> {
  const rig = makeRig(t, { timing: TIMING, permitMs: NO_LIMIT_MS });
  const model = new Model();
  const held: Held[] = [];
  const running: { call: Call<ChargeOutcome>; generation: number }[] = [];
  const visited = new Set<string>();

  async function perform(step: Step): Promise<void> {
    if (step.do === 'admit') {
      const admission = await rig.guarded.admitCharge();
      assert.equal(admission.admitted, model.admits());
      if (!admission.admitted) return;
      const isProbe = model.state === 'DEGRADED';
      if (isProbe) model.probeOut = true;
      held.push({ permit: admission, generation: model.generation, isProbe });
    } else if (step.do === 'send') {
      const taken = take(held, step.which);
      if (taken === undefined) return;
      const mayRun =
        model.state === 'OPERATIONAL' ||
        (model.state === 'DEGRADED' && taken.isProbe && taken.generation === model.generation);
      const before = rig.charges.length;
      void taken.permit.charge(request, { timeoutMs: NO_LIMIT_MS });
      assert.equal(rig.charges.length - before, mayRun ? 1 : 0);
      const call = rig.charges.at(-1);
      if (mayRun && call) running.push({ call, generation: model.generation });
    } else if (step.do === 'release') {
      const taken = take(held, step.which);
      taken?.permit.release();
      if (taken?.isProbe && taken.generation === model.generation) model.probeOut = false;
    } else if (step.do === 'charge') {
      const mayRun = model.admits();
      const [outcome, verdict] = endOf(step.how);
      const { generation } = model;
      assert.equal((await rig.charge(outcome)) === 'provider-unavailable', !mayRun);
      if (mayRun) model.end(verdict, generation);
    } else if (step.do === 'end') {
      const taken = take(running, step.which);
      const [outcome, verdict] = endOf(step.how);
      taken?.call.end(outcome);
      if (taken) model.end(verdict, taken.generation);
    } else {
      for (let i = 0; i < step.steps; i += 1) {
        await rig.advance(STEP_MS);
        model.advance();
      }
    }
  }

  for (const each of steps) {
    await perform(each);
    await settle();
    assert.equal(rig.guarded.health().charge.status, model.state);
    assert.equal(rig.guarded.chargeRefusal() === null, model.admits());
    visited.add(model.state);
  }
  await rig.guarded.close();
  t.mock.timers.reset();
  return visited;
}

test('BRK-5 over random schedules the guard is where the model is', async (t) => {
  const seed = propertySeed(t);
  const visited = new Map<string, number>();
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 10, maxLength: 60 }),
    async (steps) => {
      for (const state of await follow(t, steps)) {
        visited.set(state, (visited.get(state) ?? 0) + 1);
      }
    },
  );
  await fc.assert(property, { numRuns: 1_000, seed });
  t.diagnostic(`schedules that reached each state: ${JSON.stringify([...visited])}`);
  for (const state of ['OPERATIONAL', 'DEGRADED', 'DOWN']) {
    assert.ok((visited.get(state) ?? 0) >= 50, `too few schedules reach ${state}`);
  }
});
