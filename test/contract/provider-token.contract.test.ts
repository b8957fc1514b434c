/** What every adapter promises about its access token. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  afterToken,
  kindOf,
  PROVIDER_SPECS,
  sendCharge,
  withProvider,
} from '../support/provider-rig.ts';
import { httpAnswer, type RawHandler, type RawServer } from '../support/raw-server.ts';

for (const spec of PROVIDER_SPECS) {
  const products = ({ requests }: RawServer) => requests.filter((one) => !spec.isToken(one));
  const tokens = ({ requests }: RawServer) => requests.filter((one) => spec.isToken(one));

  describe(`${spec.name}: the token`, () => {
    test('a hundred calls at once ask for one token', () =>
      withProvider(
        spec,
        afterToken(spec, (socket) => socket.write(spec.accepted('R'))),
        async (provider, server) => {
          const calls = Array.from({ length: 100 }, () => sendCharge(provider));
          const outcomes = await Promise.all(calls);
          assert.ok(outcomes.every(({ kind }) => kind === 'accepted'));
          assert.equal(tokens(server).length, 1);
          assert.equal(products(server).length, 100);
        },
      ));

    test('a refused token is replaced once, for all, and only refused calls are sent again', () => {
      let issued = 0;
      const handler: RawHandler = (socket, request) => {
        if (spec.isToken(request)) {
          issued += 1;
          socket.write(spec.token(`token-${issued}`));
        } else {
          const isStale = request.headers.authorization === 'Bearer token-1';
          socket.write(isStale ? httpAnswer(401) : spec.accepted('R'));
        }
      };
      return withProvider(spec, handler, async (provider, server) => {
        const outcomes = await Promise.all(Array.from({ length: 20 }, () => sendCharge(provider)));
        assert.ok(outcomes.every(({ kind }) => kind === 'accepted'));
        assert.equal(tokens(server).length, 2);
        assert.equal(products(server).length, 40);
        const [first, second] = [products(server)[0], products(server).at(-1)];
        assert.equal(first?.body, second?.body);
      });
    });

    test('while credentials are changed, those that are gone serve until their token ends', () => {
      let areGone = false;
      let tokenEnded = false;
      const handler: RawHandler = (socket, request) => {
        if (spec.isToken(request)) socket.write(areGone ? spec.tokenRefused : spec.token('token'));
        else socket.write(tokenEnded ? httpAnswer(401) : spec.accepted('R'));
      };
      return withProvider(spec, handler, async (provider) => {
        assert.equal((await sendCharge(provider)).kind, 'accepted');
        areGone = true;
        assert.equal((await sendCharge(provider)).kind, 'accepted');
        tokenEnded = true;
        // Refused, and surely not taken: the same key may be sent again to a copy with the new ones.
        assert.equal((await sendCharge(provider)).kind, 'not_taken');
      });
    });

    test('AMB-2 a charge refused once is never called unreachable, because its bytes left', () => {
      let issued = 0;
      const handler: RawHandler = (socket, request) => {
        if (!spec.isToken(request)) socket.write(httpAnswer(401));
        else if (issued++ === 0) socket.write(spec.token('token-1'));
        else socket.write(httpAnswer(503));
      };
      return withProvider(spec, handler, async (provider) => {
        const outcome = await sendCharge(provider);
        assert.equal(kindOf(outcome), 'not_taken/refused');
        assert.equal(outcome.kind === 'not_taken' && outcome.reason, 'http-401');
      });
    });

    test('a charge refused once and then lost is unknown', () => {
      let sent = 0;
      const handler = afterToken(spec, (socket) => {
        sent += 1;
        if (sent === 1) socket.write(httpAnswer(401));
        else socket.resetAndDestroy();
      });
      return withProvider(spec, handler, async (provider) => {
        assert.equal((await sendCharge(provider)).kind, 'unknown');
      });
    });

    test('a slow caller does not shorten the wait of the others', () =>
      withProvider(
        spec,
        (socket, request) => {
          if (spec.isToken(request)) setTimeout(() => socket.write(spec.token('t')), 200);
          else socket.write(spec.accepted('R'));
        },
        async (provider, server) => {
          const [hasty, patient] = await Promise.all([
            sendCharge(provider, 50),
            sendCharge(provider),
          ]);
          assert.equal(kindOf(hasty), 'not_taken/unreachable');
          assert.equal(patient.kind, 'accepted');
          assert.equal(tokens(server).length, 1);
        },
      ));
  });
}
