import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpResult } from '../../../src/domain/http-client.ts';
import {
  makeAccessToken,
  readTokenResult,
  type TokenResult,
} from '../../../src/domain/provider-kit/access-token.ts';
import { makeFakeClock } from '../../support/fake-clock.ts';

const TIMEOUT_MS = 1_000;

function rig(expiresInSeconds = 3_600) {
  const clock = makeFakeClock();
  const waiting: ((result: TokenResult) => void)[] = [];
  const limits: number[] = [];
  const accessToken = makeAccessToken({
    clock,
    requestTimeoutMs: 3_000,
    request: (timeoutMs) => {
      limits.push(timeoutMs);
      return new Promise((resolve) => waiting.push(resolve));
    },
  });
  let issued = 0;
  const answer = (result?: TokenResult) => {
    issued += 1;
    const good = { ok: true, token: `token-${issued}`, expiresInSeconds } as const;
    waiting.shift()?.(result ?? good);
  };
  return { clock, accessToken, answer, limits };
}

describe('an access token', () => {
  test("a hundred callers share one request, whose limit is no caller's", async () => {
    const { accessToken, answer, limits } = rig();
    const calls = Array.from({ length: 100 }, (_, index) => accessToken.get(index + 1));
    answer();
    const results = await Promise.all(calls);
    assert.ok(results.every((result) => result.ok && result.token === 'token-1'));
    assert.deepEqual(limits, [3_000]);
  });

  const lives: [number, number][] = [
    [3_600, 3_540],
    [180, 144],
    [10, 8],
  ];
  for (const [lifeSeconds, usedSeconds] of lives) {
    test(`one that lives ${lifeSeconds} s is used for ${usedSeconds} s`, async () => {
      const { clock, accessToken, answer, limits } = rig(lifeSeconds);
      const first = accessToken.get(TIMEOUT_MS);
      answer();
      await first;
      clock.advance(usedSeconds * 1_000 - 1);
      assert.deepEqual(await accessToken.get(TIMEOUT_MS), { ok: true, token: 'token-1' });
      clock.advance(1);
      const second = accessToken.get(TIMEOUT_MS);
      answer();
      assert.deepEqual(await second, { ok: true, token: 'token-2', expiresInSeconds: lifeSeconds });
      assert.equal(limits.length, 2);
    });
  }

  test('its life counts from the request, not from the answer', async () => {
    const { clock, accessToken, answer, limits } = rig(10);
    const first = accessToken.get(60_000);
    clock.advance(8_000);
    answer();
    await first;
    void accessToken.get(TIMEOUT_MS);
    assert.equal(limits.length, 2);
  });

  test('a failure is not remembered: the next caller asks again', async () => {
    const { accessToken, answer, limits } = rig();
    const first = accessToken.get(TIMEOUT_MS);
    answer({ ok: false, reason: 'token-http-500' });
    assert.deepEqual(await first, { ok: false, reason: 'token-http-500' });
    const second = accessToken.get(TIMEOUT_MS);
    answer();
    assert.equal((await second).ok, true);
    assert.equal(limits.length, 2);
  });

  test('a caller out of time leaves, and the request goes on for the next', async () => {
    const { clock, accessToken, answer, limits } = rig();
    const hasty = accessToken.get(50);
    clock.advance(50);
    assert.deepEqual(await hasty, { ok: false, reason: 'token-timeout' });
    const patient = accessToken.get(TIMEOUT_MS);
    answer();
    assert.equal((await patient).ok, true);
    assert.equal(limits.length, 1);
  });

  test('only the token that was refused is forgotten', async () => {
    const { accessToken, answer, limits } = rig();
    const first = accessToken.get(TIMEOUT_MS);
    answer();
    await first;
    accessToken.invalidate('token-0');
    await accessToken.get(TIMEOUT_MS);
    assert.equal(limits.length, 1);
    accessToken.invalidate('token-1');
    const second = accessToken.get(TIMEOUT_MS);
    answer();
    await second;
    assert.equal(limits.length, 2);
  });
});

describe('reading a token', () => {
  const read = (body: unknown, status = 200) =>
    readTokenResult({
      ...{ kind: 'response', status, headers: {} },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    } as HttpResult);

  test('expires_in is a number for MTN and text for Airtel', () => {
    for (const expires_in of [180, '180']) {
      const result = read({ access_token: 't', expires_in });
      assert.deepEqual(result, { ok: true, token: 't', expiresInSeconds: 180 });
    }
  });

  test('a life that is not told, or not believable, is short or capped', () => {
    for (const expires_in of [undefined, 'soon', -1, 0, null, {}]) {
      const result = read({ access_token: 't', expires_in });
      assert.equal(result.ok && result.expiresInSeconds, 60);
    }
    const result = read({ access_token: 't', expires_in: 1e12 });
    assert.equal(result.ok && result.expiresInSeconds, 86_400);
  });

  test('what is no token is none', () => {
    for (const body of [
      '',
      '[]',
      {},
      { access_token: '' },
      { access_token: 'a b' },
      { access_token: 7 },
    ]) {
      assert.deepEqual(read(body), { ok: false, reason: 'token-unreadable' });
    }
    assert.deepEqual(read({}, 401), { ok: false, reason: 'token-refused' });
    assert.deepEqual(read({}, 503), { ok: false, reason: 'token-http-503' });
    const lost = { kind: 'lost', cause: 'timeout', detail: '' } as const;
    assert.deepEqual(readTokenResult(lost), { ok: false, reason: 'token-timeout' });
  });
});
