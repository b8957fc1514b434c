/** What a status query's answer says besides its word: whether it counts against the provider, and why nothing is clear. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  isAirtelAuthRefusal,
  mapAirtelCharge,
  mapAirtelStatus,
} from '../../../providers/airtel/mapping.ts';
import { isMtnAuthRefusal, mapMtnCharge, mapMtnStatus } from '../../../providers/mtn/mapping.ts';
import type { HttpAnswer } from '../../../src/domain/provider-kit/answer.ts';

const answer = (status: number, body: unknown = ''): HttpAnswer => ({
  ...{ kind: 'response', status, headers: {} },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const unclear = (failure: boolean, reason: string) => ({ kind: 'unclear', failure, reason });

describe('MTN: a status query', () => {
  const map = (status: number, body?: unknown) => mapMtnStatus(answer(status, body));

  test('BRK-4 that is refused in words counts only where the words are about all of our calls', () => {
    const words = { message: 'm' };
    for (const status of [400, 404, 409, 499]) {
      assert.deepEqual(map(status, words), unclear(false, `http-${status}`));
    }
    for (const status of [199, 201, 302, 399, 401, 403, 429, 500, 503]) {
      assert.deepEqual(map(status, words), unclear(true, `http-${status}`));
    }
    for (const body of ['', 'text', '<html>']) {
      assert.deepEqual(map(400, body), unclear(true, 'http-400'));
    }
  });

  test('that finds nothing, or a payment under way, is no failure of the provider', () => {
    const none = { kind: 'not_found', failure: false };
    assert.deepEqual(map(404, { code: 'RESOURCE_NOT_FOUND' }), none);
    assert.deepEqual(map(404, { code: 'OTHER' }), unclear(false, 'http-404'));
    assert.deepEqual(map(400, { code: 'RESOURCE_NOT_FOUND' }), unclear(false, 'http-400'));
    const pending = { kind: 'pending', failure: false };
    assert.deepEqual(map(200, { status: 'PENDING' }), pending);
    assert.deepEqual(map(200, { status: 'FAILED', reason: 'ONGOING' }), pending);
  });

  test("that succeeded has the provider's own number where that can be shown", () => {
    const paid = { status: 'SUCCESSFUL', amount: '5', currency: 'EUR' };
    const taken = { amountMinor: 500n, currency: 'EUR' };
    const outcome = (providerTransactionId: string | null) => ({
      ...{ kind: 'succeeded', failure: false, taken, providerTransactionId },
    });
    assert.deepEqual(map(200, { ...paid, financialTransactionId: '12' }), outcome('12'));
    assert.deepEqual(map(200, { ...paid, financialTransactionId: 'a b' }), outcome(null));
    assert.deepEqual(map(200, paid), outcome(null));
    const odd = map(200, { ...paid, amount: ['5'] });
    assert.deepEqual(odd.kind === 'succeeded' && odd.taken, { amountMinor: null, currency: 'EUR' });
  });

  test('that cannot be read counts, and proves nothing', () => {
    for (const body of ['', 'text', {}, { status: 'OTHER' }, [{ status: 'SUCCESSFUL' }]]) {
      assert.deepEqual(map(200, body), unclear(true, 'unreadable'));
    }
  });
});

describe('MTN: a charge', () => {
  const kindOf = (status: number, body?: unknown) => mapMtnCharge(answer(status, body)).kind;

  test('is taken by a 202 alone', () => {
    assert.equal(kindOf(202), 'accepted');
    for (const status of [200, 201, 203]) assert.equal(kindOf(status), 'unknown');
  });

  test("is refused by the gateway's own 400, and by no other that names its status", () => {
    assert.equal(kindOf(400, { statusCode: 400 }), 'not_taken');
    assert.equal(kindOf(400, { statusCode: 401 }), 'unknown');
    assert.equal(kindOf(400, { statusCode: 400, code: 'WHAT' }), 'unknown');
    assert.equal(kindOf(500, { statusCode: 500 }), 'unknown');
    assert.equal(kindOf(500, ''), 'unknown');
  });

  test('tells a refused token from a code that says more', () => {
    assert.ok(isMtnAuthRefusal(answer(401)));
    assert.ok(isMtnAuthRefusal(answer(403, { message: 'm' })));
    assert.ok(!isMtnAuthRefusal(answer(401, { code: 'NOT_ALLOWED' })));
    assert.ok(!isMtnAuthRefusal(answer(400)));
    assert.ok(!isMtnAuthRefusal(answer(200)));
  });
});

describe('Airtel: a status query', () => {
  const map = (status: number, body?: unknown) => mapAirtelStatus(answer(status, body), 'R');
  const dp = (code: string) => ({ status: { response_code: code } });

  test('BRK-4 that is refused in words counts only where the words are about all of our calls', () => {
    for (const status of [200, 299, 400, 404, 409, 499]) {
      const words = dp('DP00800001000');
      assert.deepEqual(map(status, words), unclear(false, 'dp00800001000'));
    }
    for (const status of [302, 401, 403, 408, 429, 500, 503]) {
      assert.deepEqual(map(status, dp('DP00800001000')), unclear(true, 'dp00800001000'));
    }
    assert.deepEqual(map(400, { error: 'e' }), unclear(false, 'http-400'));
    for (const body of ['', 'text', '<html>']) {
      assert.deepEqual(map(400, body), unclear(true, 'http-400'));
    }
  });

  test('that finds nothing says so in the envelope, with a code or with a bare 404', () => {
    const none = { kind: 'not_found', failure: false };
    for (const code of ['DP00800001025', 'ESB000045']) {
      for (const status of [200, 299, 400, 404]) assert.deepEqual(map(status, dp(code)), none);
      for (const status of [199, 300, 401, 403, 500]) {
        assert.equal(map(status, dp(code)).kind, 'unclear');
      }
      assert.equal(map(404, { status_code: code }).kind, 'unclear');
    }
    assert.deepEqual(map(404, { status: {} }), none);
    assert.equal(map(400, { status: {} }).kind, 'unclear');
    assert.equal(map(404, dp('DP00800001000')).kind, 'unclear');
    assert.equal(map(404, { status: { result_code: 'ESB000001' } }).kind, 'unclear');
    const beside = { ...dp('DP00800001025'), data: { transaction: {} } };
    assert.equal(map(404, beside).kind, 'unclear');
  });

  const transaction = (fields: object, envelope: object = {}) => ({
    ...{ data: { transaction: fields }, status: envelope },
  });

  test("that speaks of a transaction is believed about ours, in a 2xx, by the transaction's word", () => {
    const outcome = (providerTransactionId: string | null) => ({
      ...{ kind: 'succeeded', failure: false, taken: null, providerTransactionId },
    });
    const paid = { status: 'TS', airtel_money_id: 'MP1' };
    for (const status of [200, 299]) {
      assert.deepEqual(map(status, transaction({ ...paid, id: 'R' })), outcome('MP1'));
      assert.deepEqual(map(status, transaction({ status: 'TS' })), outcome(null));
    }
    for (const status of [199, 300, 404]) {
      assert.equal(map(status, transaction(paid)).kind, 'unclear');
    }
    for (const word of ['TIP', 'TA']) {
      const pending = { kind: 'pending', failure: false };
      assert.deepEqual(map(200, transaction({ status: word })), pending);
    }
    const other = unclear(true, 'other-reference');
    assert.deepEqual(map(200, transaction({ ...paid, id: 'Q' })), other);
    const none = unclear(true, 'unreadable');
    assert.deepEqual(map(200, transaction({ status: 'TX' })), none);
    assert.deepEqual(map(200, transaction({})), none);
  });

  test('that failed has the reason of its code, and the code', () => {
    const why = (fields: object, envelope?: object) => {
      const outcome = map(200, transaction(fields, envelope));
      assert.ok(outcome.kind === 'failed' && !outcome.failure);
      return [outcome.why.code, outcome.why.providerCode];
    };
    assert.deepEqual(why({ status: 'TF' }), ['provider-error', 'TF']);
    assert.deepEqual(why({ status: 'TE' }), ['payer-timeout', 'TE']);
    const pin = { response_code: 'DP00800001005' };
    assert.deepEqual(why({ status: 'TF' }, pin), ['payer-timeout', 'DP00800001005']);
    const named = { ...pin, message: 'the MSISDN is unknown' };
    assert.deepEqual(why({ status: 'TF' }, named), ['payer-not-found', 'DP00800001005']);
    const number = { result_code: 'ESB000033' };
    assert.deepEqual(why({ status: 'TF' }, number), ['payer-not-found', 'ESB000033']);
  });
});

describe('Airtel: a charge', () => {
  const kindOf = (status: number, body?: unknown) => mapAirtelCharge(answer(status, body)).kind;
  const push = (status: unknown, envelope: object = {}) => ({
    ...{ data: { transaction: { status } }, status: envelope },
  });

  test('is taken by a word that begins with success, in a 2xx that does not say otherwise', () => {
    for (const status of [200, 299]) assert.equal(kindOf(status, push('Success.')), 'accepted');
    for (const status of [199, 300, 400]) assert.equal(kindOf(status, push('SUCCESS')), 'unknown');
    for (const word of ['no success', 'SUCC', '', 7, true, ['SUCCESS'], null]) {
      assert.equal(kindOf(200, push(word)), 'unknown', String(word));
    }
    assert.equal(kindOf(200, push('SUCCESS', { success: true })), 'accepted');
    assert.equal(kindOf(200, push('SUCCESS', { success: false })), 'unknown');
  });

  test('is declined for an unknown wallet only by a message that is text', () => {
    const pin = (message: unknown) => ({ status: { response_code: 'DP00800001005', message } });
    assert.equal(kindOf(400, pin('Invalid MSISDN')), 'declined');
    for (const message of [['Msisdn Not Found'], { msisdn: 1 }, null, 'PIN', undefined]) {
      assert.equal(kindOf(400, pin(message)), 'unknown');
    }
  });

  test('tells a refused token from a code that says more', () => {
    assert.ok(isAirtelAuthRefusal(answer(401)));
    assert.ok(isAirtelAuthRefusal(answer(403, { error: 'invalid_token' })));
    assert.ok(!isAirtelAuthRefusal(answer(403, { status_code: 'ROUTER117' })));
    assert.ok(!isAirtelAuthRefusal(answer(400)));
    assert.ok(!isAirtelAuthRefusal(answer(200)));
  });
});
