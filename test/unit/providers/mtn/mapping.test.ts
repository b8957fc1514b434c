import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MTN_CHARGE_ROWS, mapMtnCharge, mapMtnStatus } from '../../../../providers/mtn/mapping.ts';
import type { ChargeOutcome } from '../../../../src/domain/provider.ts';
import type { HttpAnswer } from '../../../../src/domain/provider-kit/answer.ts';

function answer(status: number, body: unknown = ''): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { kind: 'response', status, headers: {}, body: text };
}

function brief(outcome: ChargeOutcome): string {
  switch (outcome.kind) {
    case 'accepted':
      return outcome.duplicate ? 'duplicate' : 'accepted';
    case 'declined':
      return `declined ${outcome.why.code}`;
    case 'not_taken':
      return `refused ${outcome.reason}${outcome.failure ? ' !' : ''}`;
    case 'unknown':
      return `unknown ${outcome.reason}`;
  }
}

/** An exclamation mark: it counts against the provider's health. `unknown` always does. */
const CHARGES: [string, number, unknown, string][] = [
  ['202 without a body', 202, '', 'accepted'],
  ['202 with an object', 202, {}, 'accepted'],
  ['202 with text', 202, 'Accepted', 'unknown http-202'],
  ['200', 200, {}, 'unknown http-200'],
  ['201', 201, '', 'unknown http-201'],
  ['301', 301, { code: 'NOT_ALLOWED' }, 'unknown redirect'],
  ['400 without a body', 400, '', 'refused http-400'],
  ['400 of the gateway', 400, { statusCode: 400, message: 'm' }, 'refused http-400'],
  ['400 with an unheard-of code', 400, { code: 'WHAT' }, 'unknown http-400'],
  ['400 with text', 400, 'Request Rejected', 'unknown http-400'],
  [
    '400 with a known code',
    400,
    { code: 'INVALID_CALLBACK_URL_HOST' },
    'refused invalid-callback-url-host',
  ],
  ['401', 401, { statusCode: 401, message: 'm' }, 'refused http-401 !'],
  ['403 without a body', 403, '', 'refused http-403 !'],
  ['403 of HTML', 403, ' <html>', 'unknown http-403'],
  ['404', 404, { code: 'RESOURCE_NOT_FOUND' }, 'unknown http-404'],
  ['409', 409, { code: 'RESOURCE_ALREADY_EXIST' }, 'duplicate'],
  ['409 without its code', 409, { status: 'RESOURCE_ALREADY_EXIST' }, 'unknown http-409'],
  ['429', 429, '', 'refused http-429 !'],
  ['SERVICE_UNAVAILABLE', 503, { code: 'SERVICE_UNAVAILABLE' }, 'refused service-unavailable !'],
  ['503 without its code', 503, '', 'unknown http-503'],
  ['INTERNAL_PROCESSING_ERROR', 500, { code: 'INTERNAL_PROCESSING_ERROR' }, 'unknown http-500'],
  ['NOT_ALLOWED', 500, { code: 'NOT_ALLOWED' }, 'refused not-allowed'],
  ['INVALID_CURRENCY', 500, { code: 'INVALID_CURRENCY' }, 'refused invalid-currency'],
  ['NOT_ENOUGH_FUNDS', 500, { code: 'NOT_ENOUGH_FUNDS' }, 'declined insufficient-funds'],
  ['PAYER_LIMIT_REACHED', 500, { code: 'PAYER_LIMIT_REACHED' }, 'declined limit-exceeded'],
  ['PAYER_NOT_FOUND', 500, { code: 'PAYER_NOT_FOUND' }, 'declined payer-not-found'],
  ['APPROVAL_REJECTED', 500, { code: 'APPROVAL_REJECTED' }, 'declined payer-rejected'],
  ['EXPIRED', 500, { code: 'EXPIRED' }, 'declined payer-timeout'],
  ['TRANSACTION_CANCELED', 500, { code: 'TRANSACTION_CANCELED' }, 'declined cancelled'],
  ['a code in a 200', 200, { code: 'NOT_ENOUGH_FUNDS' }, 'unknown http-200'],
  ['a code in an array', 500, [{ code: 'NOT_ENOUGH_FUNDS' }], 'unknown http-500'],
  ['a code that is no text', 500, { code: { a: 1 } }, 'unknown http-500'],
  ['a code from the prototype', 500, '{"__proto__":{"code":"NOT_ALLOWED"}}', 'unknown http-500'],
];

describe('AMB-1 MTN: a charge', () => {
  for (const [name, status, body, want] of CHARGES) {
    test(`${name}: ${want}`, () => {
      assert.equal(brief(mapMtnCharge(answer(status, body))), want);
    });
  }

  test('a decline carries the code and no text of the provider', () => {
    const body = { code: 'PAYER_NOT_FOUND', message: '260971234567 does not exist' };
    const outcome = mapMtnCharge(answer(500, body));
    assert.ok(outcome.kind === 'declined');
    assert.equal(outcome.why.providerCode, 'PAYER_NOT_FOUND');
    assert.ok(!JSON.stringify(outcome).includes('26097'));
  });

  test('every row names its source, and only rows refuse or decline', () => {
    for (const row of MTN_CHARGE_ROWS) {
      assert.ok(row.source.length > 10, row.on);
      assert.equal(row.outcome === 'declined', row.failureCode !== undefined, row.on);
    }
  });
});

const paid = { amount: '5', currency: 'EUR', status: 'SUCCESSFUL', financialTransactionId: '12' };

describe('MTN: a status', () => {
  const kindOf = (status: number, body: unknown = '') => {
    const outcome = mapMtnStatus(answer(status, body));
    return outcome.kind === 'failed' ? `failed ${outcome.why.code}` : outcome.kind;
  };

  const STATES: [string, number, unknown, string][] = [
    ['SUCCESSFUL', 200, paid, 'succeeded'],
    ['PENDING', 200, { status: 'PENDING' }, 'pending'],
    ['a reason as text', 200, { status: 'FAILED', reason: 'EXPIRED' }, 'failed payer-timeout'],
    [
      'a reason as an object',
      200,
      { status: 'FAILED', reason: { code: 'PAYER_NOT_FOUND', message: 'm' } },
      'failed payer-not-found',
    ],
    ['no reason', 200, { status: 'FAILED' }, 'failed provider-error'],
    ['a new reason', 200, { status: 'FAILED', reason: 'NEW' }, 'failed provider-error'],
    ['a reason that is a number', 200, { status: 'FAILED', reason: 7 }, 'failed provider-error'],
    [
      'INTERNAL_PROCESSING_ERROR',
      200,
      { status: 'FAILED', reason: 'INTERNAL_PROCESSING_ERROR' },
      'failed provider-error',
    ],
    [
      'PAYEE_NOT_ALLOWED_TO_RECEIVE',
      200,
      { status: 'FAILED', reason: 'PAYEE_NOT_ALLOWED_TO_RECEIVE' },
      'failed provider-rejected',
    ],
    ['NOT_ALLOWED', 200, { status: 'FAILED', reason: 'NOT_ALLOWED' }, 'failed provider-rejected'],
    ['ONGOING proves nothing', 200, { status: 'FAILED', reason: 'ONGOING' }, 'pending'],
    ['PAYER_DELAYED neither', 200, { status: 'FAILED', reason: 'PAYER_DELAYED' }, 'pending'],
    ['an unheard-of state', 200, { status: 'DONE' }, 'unclear'],
    ['a state that is no text', 200, { status: true }, 'unclear'],
    ['an empty 200', 200, '', 'unclear'],
    ['a 202', 202, paid, 'unclear'],
    ['a 404 with its code', 404, { code: 'RESOURCE_NOT_FOUND' }, 'not_found'],
    ['a 404 of the gateway', 404, { statusCode: 404, message: 'm' }, 'unclear'],
    ['a 404 of HTML', 404, '<html>', 'unclear'],
    ['an empty 404', 404, '', 'unclear'],
    ['the code with another status', 500, { code: 'RESOURCE_NOT_FOUND' }, 'unclear'],
    ['a paid body in a 500', 500, paid, 'unclear'],
  ];
  for (const [name, status, body, want] of STATES) {
    test(`${name}: ${want}`, () => assert.equal(kindOf(status, body), want));
  }

  const takenOf = (fields: object) => {
    const outcome = mapMtnStatus(answer(200, { ...paid, ...fields }));
    assert.ok(outcome.kind === 'succeeded');
    return outcome.taken;
  };

  test('"5" and "5.00" and 5 are the same amount', () => {
    for (const amount of ['5', '5.0', '5.00', 5]) {
      assert.deepEqual(takenOf({ amount }), { amountMinor: 500n, currency: 'EUR' });
    }
  });

  test('an amount or a currency that cannot be read never passes for a match', () => {
    for (const amount of ['abc', '1e3', null, {}, '5.001', -5]) {
      assert.deepEqual(takenOf({ amount }), { amountMinor: null, currency: 'EUR' });
    }
    assert.deepEqual(takenOf({ currency: 'XXY' }), { amountMinor: null, currency: 'XXY' });
    assert.equal(takenOf({ currency: undefined }), null);
  });
});
