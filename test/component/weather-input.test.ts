/** What a caller should not send: each mistake has its own code, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeMerchantStore } from '../../src/adapters/postgres/merchants.ts';
import { systemClock } from '../../src/system.ts';
import { AIRTEL_WALLET, newKey, type Rig, startRig } from '../support/gateway-rig.ts';
import { makeApiCheck } from '../support/openapi.ts';
import { exchangeRaw, parseAnswer } from '../support/raw-http.ts';
import type { Answer } from '../support/simulators.ts';

const TABLES = ['payments', 'attempts', 'idempotency_keys', 'outbox', 'ledger_transactions'];
/** SEC-1: what is revoked works no longer than this. */
const REVOKED_AFTER_MS = 60_000;

const payer = (msisdn: string) => ({ payer: { msisdn } });
const GOOD = `"amount":"20.00","currency":"ZMW","payer":{"msisdn":"${AIRTEL_WALLET}"}`;
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

type Body = Record<string, unknown>;

/** By code: bodies that differ from a good one by one member. */
const BODIES: Record<string, readonly Body[]> = {
  'body-invalid': [
    { amount: 20 },
    { amount: '1e2' },
    { amount: '020.00' },
    { amount: '20.' },
    { amount: '+20.00' },
    { amount: ' 20.00' },
    { amount: null },
    { currency: 7 },
    { payer: AIRTEL_WALLET },
    { payer: { msisdn: AIRTEL_WALLET, name: 'Mary' } },
    { surprise: true },
    { reference: 'x'.repeat(65) },
    { description: 'x'.repeat(161) },
    { description: 'a\u0000b' },
    { metadata: { cart: 9 } },
    { metadata: { cart: 'x'.repeat(201) } },
    { metadata: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`k${i}`, 'v'])) },
  ],
  'provider-unknown': [{ provider: 'ORANGE' }, { provider: 'airtel' }],
  'currency-not-supported': [{ currency: 'KES' }, { currency: 'zmw' }, { currency: 'XXX' }],
  'amount-precision': [{ amount: '20.001' }],
  'amount-out-of-range': [
    ...['0', '0.00', '-0.01', '-20.00', '99999999999999999999'].map((amount) => ({ amount })),
  ],
  'msisdn-invalid': [payer('0971234567'), payer('+26097'), payer('+260211123456'), payer('')],
  'provider-required': [payer('+260951234567'), payer('+46733123450')],
};

/** By code: whole texts. */
const TEXTS: Record<string, readonly string[]> = {
  'json-invalid': [
    '',
    '{',
    `{${GOOD}}}`,
    `{${GOOD},}`,
    `{${GOOD},"amount":"1.00"}`,
    `{${GOOD},"am\\u006funt":"1.00"}`,
    `{${GOOD},"metadata":{"a":"1","a":"2"}}`,
    `\uFEFF{${GOOD}}`,
  ],
  'body-invalid': [
    'null',
    '[]',
    '"text"',
    `{${GOOD},"__proto__":{"amount":"1.00"}}`,
    `{${GOOD},"metadata":{"__proto__":"x"}}`,
    `{${GOOD},"metadata":{"constructor":"x"}}`,
    `{${GOOD},"metadata":{"\\u0070rototype":"x"}}`,
    nested(9),
    nested(1_300),
  ],
};

const QUERIES = [
  ...['limit=0', 'limit=1000000', 'limit=x', 'status=DONE', 'provider=airtel', 'cursor=nonsense'],
  ...['createdAfter=yesterday', 'unknown=1', 'status=FAILED&status=SUCCEEDED'],
];

describe('a request that is not as it should be', () => {
  const owned = new AsyncDisposableStack();
  const clock = { aheadMs: 0 };
  let rig: Rig;
  /** One key for all of it: a refused request does not use it up. */
  const key = newKey();

  before(async () => {
    const monotonicMs = () => systemClock.monotonicMs() + clock.aheadMs;
    rig = owned.use(await startRig({ worker: false, clock: { ...systemClock, monotonicMs } }));
  });
  after(() => owned.disposeAsync());

  async function rowCounts(): Promise<number[]> {
    const counts = TABLES.map((table) => `(select count(*)::integer from ${table}) as ${table}`);
    const { rows } = await rig.database.pool.query(`select ${counts.join(', ')}`);
    return TABLES.map((table) => rows[0][table]);
  }

  /** Nothing in any table, and nothing at the provider. */
  async function leavesNothing(request: () => Promise<void>): Promise<void> {
    const before = [await rowCounts(), await rig.control.charges()];
    await request();
    assert.deepEqual([await rowCounts(), await rig.control.charges()], before);
  }

  function assertRefused({ status, json }: Answer, expected: number, code: string, what: string) {
    assert.deepEqual([status, json.code, json.retry], [expected, code, 'never'], what);
  }

  for (const [code, bodies] of Object.entries(BODIES)) {
    it(`is 400 ${code} for one bad member, and leaves nothing behind`, () =>
      leavesNothing(async () => {
        for (const body of bodies) {
          assertRefused(await rig.pay({ key, body }), 400, code, JSON.stringify(body));
        }
      }));
  }

  for (const [code, texts] of Object.entries(TEXTS)) {
    it(`SEC-4 SEC-5 is 400 ${code} for a text that two parsers may read as two`, () =>
      leavesNothing(async () => {
        for (const text of texts) {
          assertRefused(await rig.pay({ key, text }), 400, code, text.slice(0, 90));
        }
      }));
  }

  it('IDM-1 is 400 for a key that is missing or not a key', () =>
    leavesNothing(async () => {
      const missing = await rig.pay({ headers: { 'idempotency-key': undefined } });
      assertRefused(missing, 400, 'idempotency-key-missing', 'missing');
      for (const bad of ['', '""', 'a b', '"', 'x'.repeat(65), 'caf\u00e9']) {
        const answer = await rig.pay({ key: bad });
        const code =
          bad === '' ? /^idempotency-key-(missing|invalid)$/ : /^idempotency-key-invalid$/;
        assert.equal(answer.status, 400, bad);
        assert.match(answer.json.code, code, bad);
      }
    }));

  it('SEC-5 is 413 for 9 kB, and 415 for anything but plain JSON', () =>
    leavesNothing(async () => {
      const big = { metadata: { cart: 'x'.repeat(9_000) } };
      assertRefused(await rig.pay({ key, body: big }), 413, 'body-too-large', '9 kB');
      for (const type of ['text/plain', 'application/json; charset=latin1', undefined]) {
        const answer = await rig.pay({ key, headers: { 'content-type': type } });
        assertRefused(answer, 415, 'media-type-unsupported', String(type));
      }
      const text = gzipSync(`{${GOOD}}`).toString('latin1');
      const zipped = await rig.pay({ key, text, headers: { 'content-encoding': 'gzip' } });
      assertRefused(zipped, 415, 'media-type-unsupported', 'gzip');
    }));

  it('is 400 query-invalid for a bad question, and 404 or 405 for what is not there', () =>
    leavesNothing(async () => {
      for (const query of QUERIES) {
        const answer = await rig.get(`/v1/payments?${query}`);
        assertRefused(answer, 400, 'query-invalid', query);
      }
      for (const id of ['nonsense', `pay_${'0'.repeat(32)}`, '%00', "'--"]) {
        assertRefused(await rig.get(`/v1/payments/${id}`), 404, 'not-found', id);
      }
      assertRefused(await rig.get('/v1/pay'), 405, 'method-not-allowed', 'GET');
      const deleted = await rig.send('/v1/payments', { method: 'DELETE' });
      assertRefused(deleted, 405, 'method-not-allowed', 'DELETE');
    }));

  it('is refused in the same words where no program of ours could read it', () =>
    leavesNothing(async () => {
      const check = makeApiCheck((await rig.send('/openapi.json')).json);
      const port = Number(new URL(rig.url()).port);
      const head = `POST /v1/pay HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${rig.apiKey}\r\n`;
      const cases: [text: string, status: number, code: string][] = [
        [`${head}Bad Header: 1\r\n\r\n`, 400, 'http-invalid'],
        [`${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`, 400, 'http-invalid'],
        [`${head}X: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
      ];
      for (const [text, status, code] of cases) {
        const answer = parseAnswer(await exchangeRaw(port, text));
        assert.deepEqual([answer.status, JSON.parse(answer.body).code], [status, code]);
        check('POST', '/v1/pay', answer.status, answer.headers, answer.body);
      }
    }));

  it('SEC-1 is 401 for a key that is absent, unknown, expired or revoked, and 403 without scope', () =>
    leavesNothing(async () => {
      const merchants = makeMerchantStore(rig.database.pool);
      const [expired, revoked] = [await rig.newMerchant(), await rig.newMerchant()];
      await rig.database.pool.query(
        'update api_keys set expires_at = now() where merchant_id = $1',
        [expired.id],
      );
      assert.ok(await merchants.revokeKey(`key-${revoked.id}`, 'test'));
      const bodies = new Set<string>();
      for (const bearer of [`pga_${'x'.repeat(40)}`, expired.key, revoked.key, undefined]) {
        const authorization = bearer && `Bearer ${bearer}`;
        const answer = await rig.pay({ key, headers: { authorization } });
        assertRefused(answer, 401, 'unauthenticated', String(bearer));
        const { requestId, instance, ...same } = answer.json;
        assert.ok(instance.endsWith(requestId));
        bodies.add(JSON.stringify(same));
      }
      assert.equal(bodies.size, 1);
      const reader = await rig.newMerchant(['payments:read']);
      const headers = { authorization: `Bearer ${reader.key}` };
      assertRefused(await rig.pay({ key, headers }), 403, 'forbidden', 'scope');
    }));

  it('does not use its key up', async () => {
    const answer = await rig.pay({ key });
    assert.equal(answer.status, 202);
    assert.equal(answer.headers.get('idempotent-replayed'), null);
  });

  it('SEC-3 is 404 for a payment of somebody else, which no list shows either', async () => {
    const { json } = await rig.pay();
    const stranger = await rig.newMerchant();
    const headers = { authorization: `Bearer ${stranger.key}` };
    const foreign = await rig.send(`/v1/payments/${json.id}`, { headers });
    assert.deepEqual([foreign.status, foreign.json.code], [404, 'not-found']);
    const listed = await rig.send('/v1/payments', { headers });
    assert.deepEqual(listed.json, { data: [], nextCursor: null });
  });

  it('SEC-1 is 401 a minute after its API key was revoked, at the latest', async () => {
    const merchant = await rig.newMerchant();
    const headers = { authorization: `Bearer ${merchant.key}` };
    assert.equal((await rig.pay({ headers })).status, 202);
    await makeMerchantStore(rig.database.pool).revokeKey(`key-${merchant.id}`, 'test');
    clock.aheadMs = REVOKED_AFTER_MS;
    assert.equal((await rig.pay({ headers })).status, 401);
    assert.equal((await rig.pay()).status, 202);
  });
});
