/** TST-4: the promises of `PaymentProvider`, against every adapter, over real sockets. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PaymentProvider } from '../../src/domain/provider.ts';
import {
  afterToken,
  kindOf,
  makeProvider,
  PROVIDER_SPECS,
  type ProviderSpec,
  REFERENCE_BYTES,
  sendCharge,
  sendQuery,
  withProvider,
} from '../support/provider-rig.ts';
import {
  closedPort,
  httpAnswer,
  jsonAnswer,
  type RawServer,
  startRawServer,
} from '../support/raw-server.ts';
import { WIRE_ROWS } from './provider-wire.ts';

for (const spec of PROVIDER_SPECS) {
  const isCharge = (request: { method: string }) => request.method === 'POST';
  const products = ({ requests }: RawServer) => requests.filter((one) => !spec.isToken(one));

  describe(`${spec.name}: AMB-1 whatever is on the wire has one outcome`, () => {
    for (const row of WIRE_ROWS) {
      const handler = afterToken(spec, (socket, request) => row.product(socket, request, spec));

      test(`${row.name}: the charge is ${row.charge}`, () =>
        withProvider(spec, handler, async (provider, server) => {
          const outcome = await sendCharge(provider, row.timeoutMs);
          assert.equal(kindOf(outcome), row.charge);
          assert.equal(outcome.failure, row.chargeFailure);
          // Refused credentials alone are worth a second try; nothing else is ever sent twice.
          const isRetried = row.name.endsWith('each time');
          assert.equal(products(server).length, isRetried ? 2 : 1);
        }));

      test(`${row.name}: the status is ${row.status}`, () =>
        withProvider(spec, handler, async (provider) => {
          const outcome = await sendQuery(provider, row.timeoutMs);
          assert.equal(outcome.kind, row.status);
          assert.equal(outcome.failure, row.statusFailure);
        }));
    }
  });

  describe(`${spec.name}: AMB-1 what surely never left`, () => {
    const dead: [string, (port: number) => string, string][] = [
      ['a refused connection', (port) => `http://127.0.0.1:${port}`, 'token-connect-refused'],
      ['a name that does not resolve', () => 'http://nothing.invalid', 'token-dns'],
    ];
    for (const [name, url, reason] of dead) {
      test(`${name} is not_taken, unreachable`, async () => {
        await using provider = makeProvider(spec, spec.settings(url(await closedPort())));
        const outcome = await sendCharge(provider);
        assert.deepEqual(outcome, {
          ...{ kind: 'not_taken', failure: true, cause: 'unreachable', reason },
          providerCode: null,
        });
        assert.equal((await sendQuery(provider)).kind, 'unclear');
      });
    }

    test('TLS to a server without TLS is not_taken, unreachable', async () => {
      await using server = await startRawServer(() => {});
      const settings = spec.settings(`https://127.0.0.1:${server.port}`);
      await using provider = makeProvider(spec, settings, { connectMs: 200, totalMs: 3_000 });
      const outcome = await sendCharge(provider);
      assert.equal(kindOf(outcome), 'not_taken/unreachable');
    });

    test('a server that goes away after the token is not_taken, unreachable', async () => {
      await using server = await startRawServer((socket) => {
        socket.end(spec.token('token-1').replace('\r\n', '\r\nconnection: close\r\n'));
      });
      await using provider = makeProvider(spec, spec.settings(server.url));
      const first = sendQuery(provider);
      await first;
      await server[Symbol.asyncDispose]();
      const outcome = await sendCharge(provider);
      assert.equal(outcome.kind === 'not_taken' && outcome.reason, 'connect-refused');
      assert.equal(kindOf(outcome), 'not_taken/unreachable');
    });

    const badTokens: [string, string, string][] = [
      ['refused', spec.tokenRefused, 'token-refused'],
      ['a 500', httpAnswer(500), 'token-http-500'],
      ['a redirect', httpAnswer(302, '', { location: '/x' }), 'token-http-302'],
      ['unreadable', httpAnswer(200, '<html>'), 'token-unreadable'],
      ['a header injection', jsonAnswer(200, { access_token: 'a\r\nb: c' }), 'token-unreadable'],
    ];
    for (const [name, answer, reason] of badTokens) {
      test(`a token that is ${name} is not_taken, unreachable, and no charge is sent`, () =>
        withProvider(
          spec,
          (socket) => socket.write(answer),
          async (provider, server) => {
            const outcome = await sendCharge(provider);
            assert.equal(kindOf(outcome), 'not_taken/unreachable');
            assert.equal(outcome.failure, true);
            assert.equal(outcome.kind === 'not_taken' && outcome.reason, reason);
            assert.equal(products(server).length, 0);
          },
        ));
    }

    test('a token that comes too late leaves the charge unsent', () =>
      withProvider(
        spec,
        () => {},
        async (provider, server) => {
          const outcome = await sendCharge(provider, 150);
          assert.equal(outcome.kind === 'not_taken' && outcome.reason, 'token-timeout');
          assert.equal(kindOf(outcome), 'not_taken/unreachable');
          assert.equal(products(server).length, 0);
        },
      ));

    test('without time left nothing is sent, and nobody is blamed', () =>
      withProvider(
        spec,
        () => {},
        async (provider, server) => {
          const outcome = await sendCharge(provider, 5);
          assert.equal(kindOf(outcome), 'not_taken/not-sent');
          assert.equal(outcome.failure, false);
          assert.equal(server.connections(), 0);
        },
      ));
  });

  describe(`${spec.name}: what the provider says in its own words`, () => {
    const say = (answer: (reference: string) => string) =>
      withSaid(spec, answer, async (provider) => ({
        charge: await sendCharge(provider),
        status: await sendQuery(provider),
      }));

    test('accepted', async () => {
      const { charge: outcome } = await say(spec.accepted);
      assert.deepEqual(outcome, { kind: 'accepted', failure: false, duplicate: false });
    });

    test('AMB-5 a duplicate is accepted', async () => {
      const { charge: outcome } = await say(() => spec.duplicate);
      assert.deepEqual(outcome, { kind: 'accepted', failure: false, duplicate: true });
    });

    test('BRK-4 a decline is no failure', async () => {
      const { charge: outcome } = await say(() => spec.insufficientFunds);
      assert.equal(outcome.kind === 'declined' && outcome.why.code, 'insufficient-funds');
      assert.equal(outcome.failure, false);
    });

    test('refused in documented words is not_taken, and counts against the provider', async () => {
      const { charge: outcome } = await say(() => spec.refused);
      assert.equal(kindOf(outcome), 'not_taken/refused');
      assert.equal(outcome.failure, true);
    });

    test('a 429 hands on when to come back', async () => {
      const answer = httpAnswer(429, '', { 'retry-after': '7' });
      const { charge: outcome } = await say(() => answer);
      assert.equal(outcome.kind === 'not_taken' && outcome.retryAfterSeconds, 7);
    });

    test('succeeded, with the provider transaction', async () => {
      const { status } = await say(spec.succeeded);
      assert.ok(status.kind === 'succeeded');
      assert.ok(status.providerTransactionId !== null);
      const taken = spec.name === 'MTN' ? { amountMinor: 2_000n, currency: 'ZMW' } : null;
      assert.deepEqual(status.taken, taken);
    });

    test('pending', async () => {
      assert.deepEqual((await say(spec.pending)).status, { kind: 'pending', failure: false });
    });

    test('failed, with a reason in our words', async () => {
      const { status } = await say(spec.failed);
      assert.equal(status.kind === 'failed' && status.why.code, 'insufficient-funds');
    });

    test('not found', async () => {
      const { status } = await say(() => spec.notFound);
      assert.deepEqual(status, { kind: 'not_found', failure: false });
    });
  });

  describe(`${spec.name}: BRK-11 deadlines and sockets`, () => {
    test('token and charge share one deadline', () =>
      withProvider(
        spec,
        (socket, request) => {
          const isToken = spec.isToken(request);
          const answer = isToken ? spec.token('t') : spec.accepted('R');
          // Each is in time for a deadline of its own; together they are too slow for one.
          setTimeout(() => socket.write(answer), 300);
        },
        async (provider) => {
          const outcome = await sendCharge(provider, 450);
          assert.deepEqual(outcome, { kind: 'unknown', failure: true, reason: 'timeout' });
        },
      ));

    test('closing ends calls under way', () =>
      withProvider(
        spec,
        afterToken(spec, () => {}),
        async (provider) => {
          const pending = sendCharge(provider);
          setTimeout(() => void provider.close(), 100);
          assert.equal((await pending).kind, 'unknown');
        },
      ));

    test('BRK-8 a charge is one POST with the reference in it', () =>
      withProvider(
        spec,
        afterToken(spec, (socket) => socket.write(spec.accepted('R'))),
        async (provider, server) => {
          await sendCharge(provider);
          const [sent, ...others] = products(server).filter(isCharge);
          assert.equal(others.length, 0);
          const wire = JSON.stringify(sent);
          assert.ok(wire.includes(provider.spellReference(REFERENCE_BYTES)));
        },
      ));
  });
}

function withSaid<T>(
  spec: ProviderSpec,
  answer: (reference: string) => string,
  use: (provider: PaymentProvider) => Promise<T>,
): Promise<T> {
  const handler = afterToken(spec, (socket, { path }) => {
    const last = path.split('/').at(-1) ?? '';
    socket.write(answer(last));
  });
  return withProvider(spec, handler, use);
}
