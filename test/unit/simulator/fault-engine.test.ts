import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFaultEngine } from '../../../src/adapters/simulator/fault-engine.ts';
import { readFaultPlan } from '../../../src/adapters/simulator/fault-plan.ts';

const MSISDN = '+260971234567';

function engineWith(rules: object[], seed = 22) {
  const read = readFaultPlan({ seed, rules }, { providers: ['MTN', 'AIRTEL'], seed: 1 });
  assert.ok(read.ok, read.ok ? '' : read.detail);
  const engine = makeFaultEngine();
  engine.set(read.plan);
  return engine;
}

const refuse = { provider: 'AIRTEL', operation: 'charge', fault: 'refuse' };
const hang = { provider: 'AIRTEL', operation: 'charge', fault: 'hang' };

function picks(engine: ReturnType<typeof engineWith>, count: number) {
  return Array.from({ length: count }, () => engine.pick('AIRTEL', 'charge', MSISDN)?.fault);
}

describe('fault engine', () => {
  it('leaves the skipped requests alone, then applies so many times', () => {
    const engine = engineWith([{ ...refuse, skip: 2, times: 2 }]);
    assert.deepEqual(picks(engine, 6), [
      undefined,
      undefined,
      'refuse',
      'refuse',
      undefined,
      undefined,
    ]);
  });

  it('goes on to the next rule when one is used up or still skips', () => {
    const engine = engineWith([{ ...refuse, skip: 1, times: 1 }, hang]);
    assert.deepEqual(picks(engine, 4), ['hang', 'refuse', 'hang', 'hang']);
  });

  it('a rule that did not get its turn does not count the request', () => {
    const engine = engineWith([
      { ...refuse, times: 2 },
      { ...hang, skip: 1 },
    ]);
    assert.deepEqual(picks(engine, 4), ['refuse', 'refuse', undefined, 'hang']);
  });

  it('matches provider, operation and wallet', () => {
    const engine = engineWith([{ ...refuse, match: { msisdn: MSISDN } }]);
    assert.equal(engine.pick('MTN', 'charge', MSISDN), undefined);
    assert.equal(engine.pick('AIRTEL', 'status', MSISDN), undefined);
    assert.equal(engine.pick('AIRTEL', 'charge', '+260970000001'), undefined);
    assert.equal(engine.pick('AIRTEL', 'charge', undefined), undefined);
    assert.equal(engine.pick('AIRTEL', 'charge', MSISDN)?.fault, 'refuse');
  });

  it('the same seed gives the same faults, in about the share that was asked for', () => {
    const rule = { ...refuse, probability: 0.8 };
    const first = picks(engineWith([rule]), 1_000);
    assert.deepEqual(picks(engineWith([rule]), 1_000), first);
    assert.notDeepEqual(picks(engineWith([rule], 23), 1_000), first);
    const hits = first.filter((fault) => fault === 'refuse').length;
    assert.ok(hits > 750 && hits < 850, `${hits} of 1000`);
  });

  it('requests that one rule does not match do not move its random numbers', () => {
    const rule = { ...refuse, probability: 0.5 };
    const other = { provider: 'MTN', operation: 'charge', fault: 'hang', probability: 0.5 };
    const alone = picks(engineWith([other, rule]), 50);
    const engine = engineWith([other, rule]);
    const mixed = Array.from({ length: 50 }, () => {
      engine.pick('MTN', 'charge', MSISDN);
      return engine.pick('AIRTEL', 'charge', MSISDN)?.fault;
    });
    assert.deepEqual(mixed, alone);
  });

  it('probability 0 never applies, and a cleared engine applies nothing', () => {
    assert.deepEqual(
      picks(engineWith([{ ...refuse, probability: 0 }]), 3),
      Array(3).fill(undefined),
    );
    const engine = engineWith([refuse]);
    engine.clear();
    assert.deepEqual(picks(engine, 1), [undefined]);
  });
});

describe('fault plan', () => {
  const read = (value: unknown) => readFaultPlan(value, { providers: ['MTN', 'AIRTEL'], seed: 7 });

  it('fills in what a rule leaves out', () => {
    const { plan } = read({ rules: [refuse] }) as { plan: unknown };
    const rule = { ...refuse, probability: 1, skip: 0, times: null, delayMs: 0, match: {} };
    assert.deepEqual(plan, { seed: 7, rules: [{ ...rule, reason: 'insufficient-funds' }] });
  });

  it('gives a delay to faults that are none without, and keeps a given one', () => {
    const delayOf = (rule: object) => {
      const result = read({ rules: [rule] });
      return result.ok ? result.plan.rules[0]?.delayMs : result.detail;
    };
    assert.equal(delayOf({ ...refuse, fault: 'slow' }), 5_000);
    assert.equal(delayOf({ ...refuse, fault: 'slow', delayMs: 0 }), 0);
  });

  const BAD: [string, unknown, RegExp][] = [
    ['no object', [], /the plan/],
    ['no rules', {}, /rules/],
    ['an unknown member', { rules: [], sead: 1 }, /sead/],
    ['an unknown member of a rule', { rules: [{ ...refuse, probabilty: 1 }] }, /probabilty/],
    ['a lower-case provider', { rules: [{ ...refuse, provider: 'airtel' }] }, /rules\.0\.provider/],
    ['an unknown fault', { rules: [{ ...refuse, fault: 'explode' }] }, /rules\.0\.fault/],
    ['a name of Object', { rules: [{ ...refuse, fault: 'constructor' }] }, /rules\.0\.fault/],
    ['a probability over 1', { rules: [{ ...refuse, probability: 1.1 }] }, /rules\.0\.probability/],
    ['a negative skip', { rules: [{ ...refuse, skip: -1 }] }, /rules\.0\.skip/],
    ['half a time', { rules: [{ ...refuse, times: 0.5 }] }, /rules\.0\.times/],
    ['an endless delay', { rules: [{ ...refuse, delayMs: 1e9 }] }, /rules\.0\.delayMs/],
    [
      'a wallet without plus',
      { rules: [{ ...refuse, match: { msisdn: '260971234567' } }] },
      /E\.164/,
    ],
    [
      'decline of a token',
      { rules: [{ ...refuse, operation: 'token', fault: 'decline' }] },
      /not to token/,
    ],
    ['a callback fault of a charge', { rules: [{ ...refuse, fault: 'twice' }] }, /not to charge/],
    ['listed-late of a charge', { rules: [{ ...refuse, fault: 'listed-late' }] }, /not to charge/],
    [
      'a reason without decline',
      { rules: [{ ...refuse, reason: 'cancelled' }] },
      /rules\.0\.reason/,
    ],
    [
      'a reason about us',
      { rules: [{ ...refuse, fault: 'decline', reason: 'provider-error' }] },
      /reason/,
    ],
    ['too many rules', { rules: Array(101).fill(refuse) }, /rules/],
  ];
  for (const [what, plan, expected] of BAD) {
    it(`refuses ${what}`, () => {
      const result = read(plan);
      assert.ok(!result.ok);
      assert.match(result.detail, expected);
    });
  }
});
