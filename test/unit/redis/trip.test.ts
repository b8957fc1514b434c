import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeTrip } from '../../../src/adapters/redis/trip.ts';
import type { Logger } from '../../../src/domain/telemetry.ts';

function setUp(settings: { failures?: number; restMs?: number } = {}) {
  const lines: string[] = [];
  const clock = { nowMs: 50 };
  const logger = {
    warn: (message: string, { error }: { error: Error }) =>
      lines.push(`${message}: ${error.message}`),
    info: (message: string) => lines.push(message),
  } as unknown as Logger;
  const trip = makeTrip({ logger, ...settings, monotonicMs: () => clock.nowMs });
  let tries = 0;
  const fail = () =>
    trip.run(async () => {
      tries += 1;
      throw new Error('timed out');
    });
  const succeed = () =>
    trip.run(async () => {
      tries += 1;
      return 'value';
    });
  return { lines, clock, fail, succeed, tries: () => tries };
}

const AWAY = 'redis does not answer; the database decides alone: timed out';

describe('a Redis that does not answer', () => {
  it('RED-2 is left alone after three failures in a row, for a second, and said to be away once', async () => {
    const { lines, clock, fail, succeed, tries } = setUp();
    for (let i = 0; i < 2; i += 1) assert.deepEqual(await fail(), { ok: false });
    assert.deepEqual(lines, []);
    await fail();
    assert.deepEqual(lines, [AWAY]);
    clock.nowMs += 999;
    assert.deepEqual(await succeed(), { ok: false });
    assert.equal(tries(), 3);
    clock.nowMs += 1;
    assert.deepEqual(await succeed(), { ok: true, value: 'value' });
    assert.deepEqual(lines, [AWAY, 'redis answers again']);
    await succeed();
    assert.equal(lines.length, 2);
  });

  it('is tried by one command alone, and left alone again when that fails', async () => {
    const { lines, clock, fail, tries } = setUp({ failures: 1, restMs: 100 });
    await fail();
    clock.nowMs += 100;
    await Promise.all([fail(), fail(), fail()]);
    assert.equal(tries(), 2);
    clock.nowMs += 99;
    await fail();
    assert.equal(tries(), 2);
    clock.nowMs += 1;
    await fail();
    assert.equal(tries(), 3);
    assert.deepEqual(lines, [AWAY]);
  });

  it('counts failures in a row only', async () => {
    const { lines, fail, succeed } = setUp({ failures: 2 });
    for (let i = 0; i < 3; i += 1) {
      await fail();
      assert.deepEqual(await succeed(), { ok: true, value: 'value' });
    }
    assert.deepEqual(lines, []);
  });

  it('takes its time from the machine when it is given none', async () => {
    const { lines, fail } = setUp();
    const logger = { warn: () => lines.push('away') } as unknown as Logger;
    const trip = makeTrip({ logger, failures: 1, restMs: 60_000 });
    await trip.run(() => Promise.reject(new Error('timed out')));
    let tried = false;
    const again = await trip.run(async () => {
      tried = true;
    });
    assert.deepEqual([again, tried, lines], [{ ok: false }, false, ['away']]);
    await fail();
  });
});
