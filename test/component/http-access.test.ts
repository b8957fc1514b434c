import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../src/domain/errors.ts';
import { KEYS, PAY_BODY, pay, send, startHttp } from '../support/http-harness.ts';

const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const UNKNOWN = `pga_${'x'.repeat(40)}`;

test('SEC-1 missing, malformed, unknown and revoked keys get one and the same 401', async () => {
  await using http = await startHttp();
  const seen = new Set<string>();
  for (const authorization of [
    '',
    'Bearer',
    'Bearer pga_short',
    `Bearer ${UNKNOWN}`,
    'Basic eDp5',
  ]) {
    const headers = authorization === '' ? undefined : { authorization };
    const reply = await send(`${http.url}/v1/providers`, { headers });
    assert.equal(reply.status, 401);
    assert.equal(reply.headers.get('www-authenticate'), 'Bearer');
    const { requestId, instance, ...same } = reply.json;
    assert.ok(instance.endsWith(requestId));
    seen.add(JSON.stringify([same, [...reply.headers.keys()].sort()]));
  }
  assert.equal(seen.size, 1);
});

test('the scheme is read in any case, and a scope that is missing is 403', async () => {
  await using http = await startHttp();
  const headers = { authorization: `bearer ${KEYS.readOnly}` };
  assert.equal((await send(`${http.url}/v1/providers`, { headers })).status, 200);
  const refused = await pay(http.url, PAY_BODY, { key: KEYS.readOnly });
  assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden']);
});

test('a verifier without its store is 503, never 401', async () => {
  const verify = () => Promise.reject(new GatewayError('store-unavailable', 'The store is away.'));
  await using http = await startHttp({ app: { keys: { verify } } });
  const reply = await pay(http.url);
  assert.deepEqual([reply.status, reply.json.code], [503, 'store-unavailable']);
  assert.ok(Number(reply.headers.get('retry-after')) >= 1);
});

test('in dev a call from loopback without a key is the demo merchant', async () => {
  await using http = await startHttp({ settings: { demoMerchantId: 'demo' } });
  assert.equal((await send(`${http.url}/v1/providers`)).status, 200);
  assert.equal((await send(`${http.url}/v1/providers`, as(UNKNOWN))).status, 401);
  const headers = { 'x-forwarded-for': '203.0.113.9' };
  assert.equal((await send(`${http.url}/v1/providers`, { headers })).status, 401);
});

test('SEC-14 what a path does not serve is 405 with Allow, an unknown path is 404', async () => {
  await using http = await startHttp();
  const cases: [string, string, number, string | null][] = [
    ['GET', '/v1/pay', 405, 'POST'],
    ['OPTIONS', '/v1/pay', 405, 'POST'],
    ['DELETE', '/v1/payments', 405, 'GET, HEAD'],
    ['POST', '/openapi.json', 405, 'GET, HEAD'],
    ['GET', '/callbacks/mtn/abc', 405, 'POST, PUT'],
    ['GET', '/v1/pay/', 404, null],
    ['POST', '/V1/PAY', 404, null],
    ['GET', '/', 404, null],
    ['GET', '/v2/pay', 404, null],
  ];
  for (const [method, path, status, allow] of cases) {
    const reply = await send(http.url + path, { method });
    assert.deepEqual(
      [reply.status, reply.headers.get('allow')],
      [status, allow],
      `${method} ${path}`,
    );
    assert.equal(reply.json.code, status === 405 ? 'method-not-allowed' : 'not-found');
  }
});

test('SEC-12 nothing of the ops listener is on the public port', async () => {
  await using http = await startHttp();
  for (const path of ['/metrics', '/livez', '/readyz', '/admin', '/debug', '/console', '/.env']) {
    assert.equal((await send(http.url + path)).status, 404, path);
  }
});

test('every answer has a request id of ours and the security headers', async () => {
  await using http = await startHttp();
  const ids = new Set<string | null>();
  for (const path of ['/healthz', '/v1/providers', '/nope', '/openapi.json', '/docs']) {
    const { headers } = await send(http.url + path, { headers: { 'x-request-id': 'mine' } });
    ids.add(headers.get('x-request-id'));
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'/);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('x-powered-by'), null);
    assert.equal(headers.get('etag'), null);
  }
  assert.equal(ids.size, 5);
  assert.ok(!ids.has('mine') && !ids.has(null));
});

test('BRK-10 above the limit 429 agrees with itself, and other merchants go on', async () => {
  await using http = await startHttp({ settings: { merchantRequestsPerMinute: 3 } });
  for (let left = 2; left >= 0; left -= 1) {
    const { headers, status } = await pay(http.url);
    assert.equal(status, 202);
    assert.equal(headers.get('ratelimit-policy'), '"merchant";q=3;w=60');
    assert.match(headers.get('ratelimit') ?? '', new RegExp(`^"merchant";r=${left};t=\\d+$`));
  }
  const refused = await pay(http.url, '{');
  assert.deepEqual([refused.status, refused.json.code], [429, 'rate-limited']);
  const seconds = /t=(\d+)/.exec(refused.headers.get('ratelimit') ?? '')?.[1];
  assert.equal(refused.headers.get('retry-after'), seconds);
  assert.equal(refused.headers.get('ratelimit-policy'), '"merchant";q=3;w=60');
  assert.equal((await pay(http.url, PAY_BODY, { key: KEYS.other })).status, 202);
});

test('BRK-10 callers without a valid key are limited by address, others are not', async () => {
  await using http = await startHttp({ settings: { addressRequestsPerMinute: 3 } });
  const statuses: number[] = [];
  for (const key of [UNKNOWN, null, UNKNOWN, UNKNOWN]) {
    statuses.push((await pay(http.url, PAY_BODY, { key })).status);
  }
  assert.deepEqual(statuses, [401, 401, 401, 429]);
  assert.equal((await send(`${http.url}/nope`)).status, 429);
  assert.equal((await pay(http.url)).status, 202);
  assert.equal((await send(`${http.url}/healthz`)).status, 200);
});

test('SEC-13 only the hops that are trusted decide about the address', async () => {
  const limit = { addressRequestsPerMinute: 2 };
  const from = (url: string, forwarded: string) =>
    send(`${url}/nope`, { headers: { 'x-forwarded-for': forwarded } });
  await using direct = await startHttp({ settings: limit });
  for (const address of ['203.0.113.1', '203.0.113.2']) await from(direct.url, address);
  assert.equal((await from(direct.url, '203.0.113.3')).status, 429, 'no proxy is trusted');
  await using behind = await startHttp({ settings: { ...limit, trustedProxyHops: 1 } });
  for (const spoofed of ['198.51.100.1', '198.51.100.2']) {
    await from(behind.url, `${spoofed}, 203.0.113.1`);
  }
  assert.equal((await from(behind.url, '198.51.100.3, 203.0.113.1')).status, 429);
  assert.equal((await from(behind.url, '203.0.113.1, 203.0.113.2')).status, 404);
});

test('BRK-9 above the cap in flight requests are shed, and health is not', async () => {
  const { promise: done, resolve: finish } = Promise.withResolvers<null>();
  await using http = await startHttp({
    gateway: { getPayment: () => done },
    settings: { maxInFlight: 2 },
  });
  const path = `${http.url}/v1/payments/pay_${'0'.repeat(32)}`;
  const waiting = [send(path, as(KEYS.shop)), send(path, as(KEYS.shop))];
  let shed = await send(`${http.url}/v1/providers`, as(KEYS.shop));
  while (shed.status === 200) shed = await send(`${http.url}/v1/providers`, as(KEYS.shop));
  assert.deepEqual([shed.status, shed.json.code], [503, 'overloaded']);
  assert.ok(Number.isInteger(Number(shed.headers.get('retry-after'))));
  assert.equal((await send(`${http.url}/healthz`)).status, 200);
  finish(null);
  for (const reply of waiting) assert.equal((await reply).status, 404);
  assert.equal((await send(`${http.url}/v1/providers`, as(KEYS.shop))).status, 200);
});
