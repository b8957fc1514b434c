import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  AIRTEL_CHARGE_ROWS,
  mapAirtelCharge,
  mapAirtelStatus,
} from '../../../../providers/airtel/mapping.ts';
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

const dp = (code: string, fields: object = {}) => ({
  status: { response_code: `DP0080000${code}`, code: '400', success: false, ...fields },
});
const esb = (code: string) => ({ status: { result_code: `ESB0000${code}`, success: false } });
const router = (code: string) => ({ status_message: 'm', status_code: `ROUTER${code}` });
const push = (status: string, envelope: object = { success: true }) => ({
  data: { transaction: { id: 'R', status } },
  status: envelope,
});

/** An exclamation mark: it counts against the provider's health. `unknown` always does. */
const CHARGES: [string, number, unknown, string][] = [
  ['a push', 200, push('SUCCESS', { response_code: 'DP00800001006', success: true }), 'accepted'],
  ['a push in other letters', 200, push('Success.'), 'accepted'],
  ['a push without success', 200, push('SUCCESS', { success: false }), 'unknown http-200'],
  ['a push in a 500', 500, push('SUCCESS'), 'unknown http-500'],
  ['in process', 200, dp('1006'), 'accepted'],
  ['success', 200, dp('1001'), 'accepted'],
  ['ambiguous', 200, dp('1000'), 'unknown dp00800001000'],
  ['a wrong PIN', 200, dp('1002'), 'declined payer-rejected'],
  ['over the limit', 200, dp('1003'), 'declined limit-exceeded'],
  ['below the minimum', 200, dp('1004'), 'declined amount-rejected'],
  [
    'an unknown wallet',
    400,
    dp('1005', { message: 'Msisdn Not Found' }),
    'declined payer-not-found',
  ],
  ['1005 alone', 400, dp('1005', { message: 'Invalid id' }), 'unknown dp00800001005'],
  ['too little money', 200, dp('1007'), 'declined insufficient-funds'],
  ['refused', 200, dp('1008'), 'declined payer-rejected'],
  ['not permitted', 200, dp('1010'), 'declined payer-not-allowed'],
  ['timed out', 200, dp('1024'), 'unknown dp00800001024'],
  ['not found', 200, dp('1025'), 'unknown dp00800001025'],
  ['a wrong signature', 403, dp('1026'), 'refused dp00800001026'],
  ['a timeout of the router in a 403', 403, router('117'), 'unknown router117'],
  ['a 401 with an older code in no table', 401, esb('99'), 'refused http-401 !'],
  ['a wrong signature in a 200', 200, dp('1026'), 'refused dp00800001026'],
  ['expired', 200, dp('1029'), 'declined payer-timeout'],
  ['an unheard-of code', 200, dp('1099'), 'unknown http-200'],
  ['a duplicate', 200, esb('41'), 'duplicate'],
  ['a duplicate in a 400', 400, esb('41'), 'duplicate'],
  ['something went wrong', 500, esb('01'), 'unknown esb000001'],
  ['field validation', 400, esb('08'), 'unknown esb000008'],
  ['failed', 200, esb('11'), 'unknown http-200'],
  ['a number too long', 400, esb('33'), 'declined payer-not-found'],
  ['a wrong country', 400, esb('34'), 'refused esb000034'],
  ['a vendor not configured', 400, esb('39'), 'refused esb000039'],
  ['a router refusal', 400, router('110'), 'refused router110'],
  ['a router timeout', 400, router('117'), 'unknown router117'],
  ['a router code in no table', 400, router('999'), 'unknown http-400'],
  ['a redirect', 302, dp('1007'), 'unknown redirect'],
  ['a 408, whatever it says', 408, dp('1007'), 'unknown http-408'],
  ['a 429', 429, '', 'refused http-429 !'],
  ['a refused token', 403, { error: 'invalid_token' }, 'refused http-403 !'],
  ['a refused client in a 400', 400, { error: 'invalid_client' }, 'unknown http-400'],
  ['a 503', 503, '', 'unknown http-503'],
];

describe('AMB-1 Airtel: a charge', () => {
  for (const [name, status, body, want] of CHARGES) {
    test(`${name}: ${want}`, () => {
      assert.equal(brief(mapAirtelCharge(answer(status, body))), want);
    });
  }

  test("the collection service's code decides over the older layer's", () => {
    const status = { response_code: 'DP00800001007', result_code: 'ESB000008' };
    assert.equal(brief(mapAirtelCharge(answer(200, { status }))), 'declined insufficient-funds');
  });

  test('a duplicate is one, whatever else stands beside it', () => {
    const status = { response_code: 'DP00800001005', result_code: 'ESB000041' };
    assert.equal(brief(mapAirtelCharge(answer(200, { status }))), 'duplicate');
  });

  test('every row names its source, and only rows refuse or decline', () => {
    for (const row of AIRTEL_CHARGE_ROWS) {
      assert.ok(row.source.length > 10, row.on);
      assert.equal(row.outcome === 'declined', row.failureCode !== undefined, row.on);
    }
  });
});

const enquiry = (transaction: object, envelope: object = { success: false }) => ({
  data: { transaction: { id: 'R', ...transaction } },
  status: envelope,
});

describe('Airtel: a status', () => {
  const map = (status: number, body: unknown = '') => mapAirtelStatus(answer(status, body), 'R');
  const kindOf = (status: number, body: unknown = '') => {
    const outcome = map(status, body);
    return outcome.kind === 'failed' ? `failed ${outcome.why.code}` : outcome.kind;
  };

  const FAILED = { status: 'TF' };
  const STATES: [string, number, unknown, string][] = [
    ['TS, although success is false', 200, enquiry({ status: 'TS' }), 'succeeded'],
    ['TF', 200, enquiry(FAILED), 'failed provider-error'],
    [
      'TF beside the code of too little money',
      200,
      enquiry(FAILED, { response_code: 'DP00800001007' }),
      'failed insufficient-funds',
    ],
    [
      'TF beside the code of an accepted enquiry',
      200,
      enquiry(FAILED, { response_code: 'DP00800001006' }),
      'failed provider-error',
    ],
    [
      'TF beside 1005',
      200,
      enquiry(FAILED, { response_code: 'DP00800001005', message: 'FAILED' }),
      'failed payer-timeout',
    ],
    [
      'TF beside 1005 that names the number',
      200,
      enquiry(FAILED, { response_code: 'DP00800001005', message: 'Msisdn Not Found' }),
      'failed payer-not-found',
    ],
    ['TE', 200, enquiry({ status: 'TE' }), 'failed payer-timeout'],
    ['TIP', 200, enquiry({ status: 'TIP' }), 'pending'],
    ['TA', 200, enquiry({ status: 'TA' }), 'pending'],
    ['an unheard-of state', 200, enquiry({ status: 'TX' }), 'unclear'],
    ["another payment's state", 200, enquiry({ id: 'Q', status: 'TS' }), 'unclear'],
    ['TS in a 500', 500, enquiry({ status: 'TS' }), 'unclear'],
    ['an envelope of success alone', 200, { status: { success: true } }, 'unclear'],
    ['a code of failure without a transaction', 200, dp('1007'), 'unclear'],
    ['still processing', 200, dp('1000'), 'unclear'],
    ['not found', 200, dp('1025'), 'not_found'],
    ['not found, older code', 200, esb('45'), 'not_found'],
    ['not found beside a transaction', 200, { ...enquiry({}), ...dp('1025') }, 'unclear'],
    ['not found in a 500', 500, dp('1025'), 'unclear'],
    ['a 404 in the envelope', 404, { status: { code: '404' } }, 'not_found'],
    ['a 404 that says something else', 404, dp('1000'), 'unclear'],
    ['a 404 without the envelope', 404, { error: 'not found' }, 'unclear'],
    ['a 404 of HTML', 404, '<html>', 'unclear'],
    ['a router refusal', 400, router('110'), 'unclear'],
  ];
  for (const [name, status, body, want] of STATES) {
    test(`${name}: ${want}`, () => assert.equal(kindOf(status, body), want));
  }

  test('an answer carries no amount, so nothing is said to have been taken', () => {
    const outcome = map(200, enquiry({ status: 'TS', airtel_money_id: 'MP21.L1' }));
    assert.ok(outcome.kind === 'succeeded');
    assert.equal(outcome.taken, null);
    assert.equal(outcome.providerTransactionId, 'MP21.L1');
  });

  test('BRK-4 a clear word about one payment is no failure; an unreadable one is', () => {
    assert.equal(map(200, dp('1000')).failure, false);
    assert.equal(map(200, 'what').failure, true);
    assert.equal(map(429, {}).failure, true);
    assert.equal(map(500, dp('1000')).failure, true);
  });
});
