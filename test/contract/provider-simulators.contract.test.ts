/** TST-4: every adapter against its simulator, which shares no code with it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { PaymentProvider, RawCallback } from '../../src/domain/provider.ts';
import { DECLINE_REASONS } from '../../src/domain/simulator.ts';
import { type RunningSimulators, startSimulators } from '../../src/simulators.ts';
import { eventually } from '../support/eventually.ts';
import {
  chargeOf,
  makeProvider,
  PROVIDER_SPECS,
  type ProviderSpec,
} from '../support/provider-rig.ts';

const TIMEOUT_MS = 500;
const SETTLE_MS = 20;
const CALLBACK_KEY = 'callback-key';

let simulators: RunningSimulators;
let callbacks: RawCallback[] = [];

const receiver = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  callbacks.push({ method: request.method ?? '', headers: request.headers, body });
  response.end();
});
const callbackUrl = () => `http://localhost:${(receiver.address() as AddressInfo).port}/cb`;

before(async () => {
  receiver.listen(0, 'localhost');
  await once(receiver, 'listening');
  simulators = await startSimulators({
    host: '127.0.0.1',
    port: 0,
    settleMs: SETTLE_MS,
    mtn: {
      subscriptionKey: 'subscription-key',
      apiUser: '4b3c9a52-6c1e-4d5a-9f0e-0d2d7a5f1b11',
      apiKey: 'api-key',
      targetEnvironment: 'mtnzambia',
      country: 'ZM',
    },
    airtel: {
      clientId: 'client-id',
      clientSecret: 'client-secret',
      country: 'ZM',
      callbackUrl: callbackUrl(),
      callbackKey: CALLBACK_KEY,
    },
  });
});

after(async () => {
  await simulators.close();
  receiver.closeAllConnections();
  receiver.close();
});

beforeEach(async () => {
  await control('POST', 'reset');
  await control('DELETE', 'faults');
  callbacks = [];
});

async function control(method: string, what: string, body?: object) {
  const response = await fetch(`${simulators.url}/control/${what}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  assert.ok(response.ok, `${method} ${what}: ${response.status}`);
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

interface BookedCharge {
  provider: string;
  reference: string;
  amount: string;
  msisdn: string;
  status: string;
  requests: number;
}

async function booked(): Promise<BookedCharge[]> {
  return (await control('GET', 'charges')).charges;
}

/** What the adapter must say for a fault at the charge, and whether the simulator took it. */
const CHARGE_FAULTS: [string, string, boolean][] = [
  ['refuse', 'not_taken/refused', false],
  ['too-many', 'not_taken/refused', false],
  ['unauthorized', 'not_taken/refused', false],
  ['http-500', 'unknown', false],
  ['redirect', 'unknown', false],
  ['reset-before', 'unknown', false],
  ['hang', 'unknown', false],
  ['reset-after', 'unknown', true],
  ['timeout-after', 'unknown', true],
  ['500-after', 'unknown', true],
  ['garbage', 'unknown', true],
  ['html', 'unknown', true],
  ['truncated', 'unknown', true],
  ['huge', 'unknown', true],
];

for (const spec of PROVIDER_SPECS) {
  const { name } = spec;
  const baseUrl = () => `${simulators.url}/${name.toLowerCase()}`;
  const settings = () => ({ ...spec.settings(baseUrl()), AIRTEL_CALLBACK_KEY: CALLBACK_KEY });
  const fault = (operation: string, rule: object) =>
    control('PUT', 'faults', { rules: [{ provider: name, operation, ...rule }] });
  let nextReference = 0;

  async function use<T>(run: (provider: PaymentProvider, at: Calls) => Promise<T>): Promise<T> {
    await using provider = makeProvider(spec, settings());
    nextReference += 1;
    const bytes = new Uint8Array(16).fill(nextReference);
    return await run(provider, callsOf(provider, spec, provider.spellReference(bytes)));
  }

  describe(`${name} against its simulator`, () => {
    test('accept: taken as sent, then succeeded', () =>
      use(async (_provider, { charge, query, reference, msisdn }) => {
        assert.deepEqual(await charge({ amountMinor: 2_050n }), {
          ...{ kind: 'accepted', failure: false, duplicate: false },
        });
        const [taken] = await booked();
        assert.equal(taken?.reference, reference);
        assert.equal(taken?.amount, '20.50');
        assert.equal(taken?.msisdn, msisdn);
        const status = await eventually(async () => {
          const now = await query();
          assert.equal(now.kind, 'succeeded');
          return now;
        });
        assert.ok(status.kind === 'succeeded' && status.providerTransactionId !== null);
      }));

    for (const [faultName, want, isTaken] of CHARGE_FAULTS) {
      test(`${faultName}: ${want}`, () =>
        use(async (_provider, { charge }) => {
          await fault('charge', { fault: faultName });
          const outcome = await charge({}, TIMEOUT_MS);
          const kind = outcome.kind === 'not_taken' ? `not_taken/${outcome.cause}` : outcome.kind;
          assert.equal(kind, want);
          assert.equal(outcome.failure, true);
          assert.equal((await booked()).length, isTaken ? 1 : 0);
        }));
    }

    test('slow: accepted all the same', () =>
      use(async (_provider, { charge }) => {
        await fault('charge', { fault: 'slow', delayMs: 100 });
        assert.equal((await charge({}, 2_000)).kind, 'accepted');
      }));

    for (const reason of DECLINE_REASONS) {
      test(`decline for ${reason} comes through as ${reason}`, () =>
        use(async (_provider, { charge }) => {
          await fault('charge', { fault: 'decline', reason });
          const outcome = await charge();
          assert.equal(outcome.kind === 'declined' && outcome.why.code, reason);
          assert.equal((await booked()).length, 0);
        }));
    }

    test('unauthorized once: a new token, and the charge is taken once', () =>
      use(async (_provider, { charge }) => {
        await fault('charge', { fault: 'unauthorized', times: 1 });
        assert.equal((await charge()).kind, 'accepted');
        const [taken, ...others] = await booked();
        assert.equal(taken?.requests, 2);
        assert.equal(others.length, 0);
      }));

    test('no token: unreachable, and nothing is posted', () =>
      use(async (_provider, { charge }) => {
        await fault('token', { fault: 'http-500' });
        const outcome = await charge();
        assert.equal(outcome.kind === 'not_taken' && outcome.cause, 'unreachable');
      }));

    test('AMB-5 the same reference again is a duplicate, and is not taken twice', () =>
      use(async (_provider, { charge }) => {
        await fault('charge', { fault: '500-after', times: 1 });
        assert.equal((await charge()).kind, 'unknown');
        assert.deepEqual(await charge(), { kind: 'accepted', failure: false, duplicate: true });
        const [taken, ...others] = await booked();
        assert.equal(taken?.requests, 2);
        assert.equal(others.length, 0);
      }));

    test('AMB-4 listed late: not found first, and found later', () =>
      use(async (_provider, { charge, query }) => {
        await charge();
        await fault('status', { fault: 'listed-late', delayMs: 300 });
        assert.equal((await query()).kind, 'not_found');
        await eventually(async () => assert.equal((await query()).kind, 'succeeded'));
      }));

    test('a reference that was never sent is not found', () =>
      use(async (_provider, { query }) => {
        assert.deepEqual(await query(), { kind: 'not_found', failure: false });
      }));

    for (const statusFault of ['http-500', 'hang', 'garbage', 'html', 'truncated', 'huge']) {
      test(`${statusFault} at the status: unclear`, () =>
        use(async (_provider, { charge, query }) => {
          await charge();
          await fault('status', { fault: statusFault });
          const outcome = await query(TIMEOUT_MS);
          assert.equal(outcome.kind, 'unclear');
          assert.equal(outcome.failure, true);
        }));
    }

    const WALLETS: [number, string][] = [
      [1, 'insufficient-funds'],
      [2, 'limit-exceeded'],
      [3, 'payer-not-found'],
      [4, 'payer-rejected'],
      [5, 'payer-timeout'],
    ];
    for (const [digit, code] of WALLETS) {
      test(`wallet ${digit} is accepted and fails with ${code}`, () =>
        use(async (_provider, { charge, query, wallet }) => {
          assert.equal((await charge({ msisdn: wallet(digit) })).kind, 'accepted');
          await eventually(async () => {
            const status = await query();
            assert.equal(status.kind === 'failed' && status.why.code, code);
          });
        }));
    }

    test('AMB-8 its callback is read, with the claim of success', () =>
      use(async (provider, { charge, reference }) => {
        await charge({ callbackUrl: callbackUrl() });
        await eventually(() => assert.ok(callbacks.length > 0));
        const hint = provider.parseCallback(callbacks[0]!);
        const carried = name === 'MTN' ? null : reference;
        assert.deepEqual(hint, { ok: true, reference: carried, claimed: 'succeeded' });
      }));
  });
}

type Calls = ReturnType<typeof callsOf>;

function callsOf(provider: PaymentProvider, spec: ProviderSpec, reference: string) {
  const { msisdn } = chargeOf(provider);
  return {
    reference,
    msisdn,
    wallet: (digit: number) => `${spec.name === 'MTN' ? '+26096' : '+26097'}000000${digit}`,
    charge: (fields: Parameters<typeof chargeOf>[1] = {}, timeoutMs = 2_000) =>
      provider.charge(chargeOf(provider, { reference, ...fields }), { timeoutMs }),
    query: (timeoutMs = 2_000) =>
      provider.queryStatus({ reference, currency: 'ZMW' }, { timeoutMs }),
  };
}
