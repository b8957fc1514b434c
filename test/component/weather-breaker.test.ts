/** A provider that is down costs its callers milliseconds, and the others nothing. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import { PROVIDERS } from '../../providers/index.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import { loadConfig } from '../../src/config.ts';
import { startDev } from '../../src/dev.ts';
import { makeMetrics } from '../../src/metrics.ts';
import { systemClock, systemIds } from '../../src/system.ts';
import { makeTestDatabase, silentLogger } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { MTN_WALLET, newKey, type Rig, startRig } from '../support/gateway-rig.ts';
import { type Answer, call, controlOf } from '../support/simulators.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

/** Everything of the demo profile but the times, which no test should wait for. */
const BREAKER = {
  PROVIDER_TOTAL_MS: '2500',
  BREAKER_RESET_MS: '2600',
  BREAKER_RESET_MAX_MS: '2600',
  LEASE_MS: '8000',
};
const refuse = { provider: 'AIRTEL', operation: 'charge', fault: 'refuse' };

function assertRefused(answer: Answer): void {
  const { status, json, headers } = answer;
  assert.deepEqual(
    [status, json.code, json.retry, json.provider],
    [503, 'provider-unavailable', 'same-key', 'AIRTEL'],
  );
  assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  assert.equal(headers.get('cache-control'), 'no-store');
}

test('the loop of the seed prints 202 502 502 503, without a header and without a key', async () => {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await makeTestDatabase());
  const directory = await mkdtemp(join(tmpdir(), 'dev-'));
  stack.defer(() => rm(directory, { recursive: true }));
  const [port, simPort] = [await freePort(), await freePort()];
  const env = {
    ...{ PORT: String(port), SIM_PORT: String(simPort), OPS_PORT: '0' },
    ...{ DATABASE_URL: database.url, DATA_DIR: directory },
  };
  const dev = await startDev({
    config: loadConfig(env, { role: 'dev', providers: PROVIDERS }),
    logger: silentLogger,
    metrics: makeMetrics({ processMetrics: false }),
    clock: systemClock,
    ids: systemIds,
  });
  stack.defer(() => dev.close());
  const control = controlOf({ url: `http://127.0.0.1:${simPort}` });
  await control.faults({ ...refuse, skip: 1 });
  const printed: number[] = [];
  for (let i = 1; i <= 10; i += 1) {
    const { status } = await call(`http://127.0.0.1:${port}/v1/pay`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: `{"TransactionID":"TXN-ID-022-${i}", "Amount":20.00, "Currency":"ZAR", "ProviderKey":"AIRTEL"}`,
    });
    printed.push(status);
  }
  assert.equal(printed.join(' '), '202 502 502 503 503 503 503 503 503 503');
  const [charge, ...others] = await control.charges();
  assert.deepEqual([charge?.amount, charge?.currency, others.length], ['20.00', 'ZAR', 0]);
});

describe('while the breaker of one provider is open', () => {
  const owned = new AsyncDisposableStack();
  let providers: TcpProxy;
  let rig: Rig;
  const stored = newKey();
  let first: Answer;
  const turnedAway = newKey();

  before(async () => {
    rig = owned.use(
      await startRig({
        env: BREAKER,
        worker: false,
        async providersUrl(url) {
          providers = owned.use(await startTcpProxy({ port: Number(new URL(url).port) }));
          return `http://127.0.0.1:${providers.port}`;
        },
      }),
    );
    first = await rig.pay({ key: stored });
    await trip();
  });
  after(() => owned.disposeAsync());

  async function trip(): Promise<void> {
    await rig.control.faults(refuse);
    await eventually(async () => assert.equal((await rig.pay()).status, 503));
  }

  async function healthOf(provider: string) {
    const { json } = await rig.get('/v1/providers');
    return json.data.find((one: { provider: string }) => one.provider === provider).operations;
  }

  const becomes = (status: string) =>
    eventually(async () => assert.equal((await healthOf('AIRTEL')).charge.status, status), {
      everyMs: 10,
    });

  async function rowCounts(): Promise<unknown> {
    const { rows } = await rig.database.pool.query(
      `select (select count(*) from payments) as payments, (select count(*) from attempts) as attempts,
         (select count(*) from idempotency_keys) as keys, (select count(*) from outbox) as outbox`,
    );
    return rows[0];
  }

  it('BRK-6 BRK-7 its charges are 503: no socket, no byte, no row', async () => {
    const rows = await rowCounts();
    const traffic = providers.traffic();
    const answers = await Promise.all(Array.from({ length: 50 }, () => rig.pay()));
    answers.push(await rig.pay({ key: turnedAway }));
    for (const answer of answers) assertRefused(answer);
    assert.deepEqual(providers.traffic(), traffic);
    assert.deepEqual(await rowCounts(), rows);
  });

  it('the other provider takes payments as ever', async () => {
    const body = { payer: { msisdn: MTN_WALLET } };
    const answers = await Promise.all(Array.from({ length: 10 }, () => rig.pay({ body })));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
  });

  it('GET /v1/providers tells which operation of which provider is down, and for how long', async () => {
    const [airtel, mtn] = [await healthOf('AIRTEL'), await healthOf('MTN')];
    assert.deepEqual(
      [airtel.charge.status, airtel.status.status, mtn.charge.status],
      ['DOWN', 'OPERATIONAL', 'OPERATIONAL'],
    );
    assert.ok(airtel.charge.retryAfterSeconds >= 1);
    assert.equal(mtn.charge.retryAfterSeconds, null);
  });

  it('an answer that is stored still replays, and other content is still refused', async () => {
    const again = await rig.pay({ key: stored });
    assert.deepEqual([again.status, again.text], [202, first.text]);
    const other = await rig.pay({ key: stored, body: { amount: '21.00' } });
    assert.deepEqual([other.status, other.json.code], [422, 'idempotency-key-reused']);
  });

  it('BRK-5 half-open lets one of 200 through, and a failed one opens it again', async () => {
    await becomes('DEGRADED');
    assert.equal((await rig.pay()).status, 502);
    assertRefused(await rig.pay());
    assert.equal((await healthOf('AIRTEL')).charge.status, 'DOWN');
    await rig.control.clear();
    // The probe's answer waits until all the others have theirs.
    await providers.set('hang');
    await becomes('DEGRADED');
    const { length: before } = await rig.control.charges();
    const outcomes: Answer[] = [];
    const calls = Array.from({ length: 200 }, async () => void outcomes.push(await rig.pay()));
    await eventually(() => assert.equal(outcomes.length, 199));
    for (const answer of outcomes) assertRefused(answer);
    await providers.set('pass');
    await Promise.all(calls);
    assert.deepEqual([outcomes.at(-1)?.status, outcomes.at(-1)?.json.status], [202, 'ACCEPTED']);
    assert.equal((await rig.control.charges()).length, before + 1);
  });

  it('a good probe closes it, and a key that was turned away is as good as new', async () => {
    await becomes('OPERATIONAL');
    const answers = await Promise.all(Array.from({ length: 20 }, () => rig.pay()));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
    const taken = await rig.pay({ key: turnedAway });
    assert.deepEqual([taken.status, taken.headers.has('idempotent-replayed')], [202, false]);
    assert.equal((await rig.chargesOf(taken)).length, 1);
  });
});

describe('a provider whose address nobody answers', () => {
  const owned = new AsyncDisposableStack();
  let rig: Rig;
  before(async () => {
    const AIRTEL_BASE_URL = `http://127.0.0.1:${await freePort()}/airtel`;
    // Without Redis too: the row alone says what became of a key.
    rig = owned.use(await startRig({ redisUrl: null, worker: false, env: { AIRTEL_BASE_URL } }));
  });
  after(() => owned.disposeAsync());

  it('is 502 provider-unreachable until the breaker opens, then 503, and its payments wait', async () => {
    const key = newKey();
    const answers: Answer[] = [];
    for (let i = 0; i < 3; i += 1) answers.push(await rig.pay({ key }));
    for (const { status, json, headers } of answers) {
      assert.deepEqual([status, json.code, json.retry], [502, 'provider-unreachable', 'same-key']);
      assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    }
    assertRefused(await rig.pay({ key }));
    assertRefused(await rig.pay());
    const { json } = await rig.get(`/v1/payments/${answers[0]?.json.paymentId}`);
    assert.equal(json.status, 'RECEIVED');
    assert.deepEqual(
      [json.attempts.length, json.attempts[0].outcome, json.attempts[0].reason],
      [1, 'not_taken', 'token-connect-refused'],
    );
    const other = await rig.pay({ body: { payer: { msisdn: MTN_WALLET } } });
    assert.equal(other.status, 202);
  });
});
