import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeAnswerRenderer } from '../../../src/adapters/http/answers.ts';
import type { PayCommand } from '../../../src/domain/gateway.ts';
import { paymentOf } from '../../support/http-harness.ts';

const COMMAND: PayCommand = {
  merchantId: 'shop',
  idempotencyKey: 'key-1',
  route: 'POST /v1/pay',
  fingerprint: '',
  amountMinor: 2000n,
  currency: 'ZMW',
  msisdn: '+260971234567',
  provider: 'AIRTEL',
  market: 'ZM',
  routedBy: 'request',
  failover: [],
  reference: 'order-17',
  description: null,
  metadata: null,
  requestId: '',
  traceparent: '',
  arrivedAtMs: 0,
};
const REQUEST_ID = '6f9619ff-8b86-4d01-b42d-00c04fc964ff';
const renderer = makeAnswerRenderer();

test('202 has the members of the contract, in its order, and no full number', () => {
  const { status, contentType, body, paymentId } = renderer.accepted(paymentOf(COMMAND));
  assert.deepEqual({ status, contentType }, { status: 202, contentType: 'application/json' });
  const at = '2026-11-21T08:00:00.000Z';
  const expected = {
    ...{ id: paymentId, status: 'ACCEPTED', amount: '20.00', currency: 'ZMW', provider: 'AIRTEL' },
    ...{ payer: { msisdn: '+260*****4567' }, reference: 'order-17', description: null },
    ...{ metadata: null, failure: null, createdAt: at, updatedAt: at },
    attempts: [
      {
        ...{ number: 1, provider: 'AIRTEL', providerReference: 'REF1', outcome: 'accepted' },
        ...{ reason: null, startedAt: at, endedAt: at },
      },
    ],
    outcome: {
      ...{ certainty: 'provider-says', nextCheckAt: '2026-11-21T08:01:00.000Z' },
      resolvesBy: '2026-11-21T08:31:00.000Z',
      evidence: [{ source: 'provider-answer', at, says: 'accepted', reason: null }],
    },
  };
  assert.equal(body, JSON.stringify(expected));
});

test('402 tells why, for which payment, and that a new key is needed', () => {
  const failure = {
    ...{ code: 'payer-not-allowed' as const, providerCode: 'DP00800001010' },
    detail: 'The payer may not pay.',
  };
  const payment = paymentOf(COMMAND, { status: 'FAILED', failure });
  const answer = renderer.declined(payment, REQUEST_ID);
  assert.equal(answer.contentType, 'application/problem+json');
  assert.deepEqual(JSON.parse(answer.body), {
    type: 'urn:problem-type:payment-gateway:payment-declined',
    title: 'The provider declined the payment',
    status: 402,
    detail: 'The payer may not pay.',
    instance: `urn:uuid:${REQUEST_ID}`,
    code: 'payment-declined',
    requestId: REQUEST_ID,
    retry: 'new-key',
    provider: 'AIRTEL',
    paymentId: payment.id,
    failure,
  });
  assert.equal(answer.paymentId, payment.id);
});

test('422 of a closed payment names it and asks for a new key', () => {
  const answer = renderer.expired('pay_1', REQUEST_ID);
  const { code, status, retry, paymentId, requestId } = JSON.parse(answer.body);
  assert.deepEqual(
    { code, status, retry, paymentId, requestId },
    {
      ...{ code: 'idempotency-key-expired', status: 422, retry: 'new-key' },
      ...{ paymentId: 'pay_1', requestId: REQUEST_ID },
    },
  );
  assert.equal(answer.status, 422);
});

test('the same payment gives the same bytes', () => {
  const payment = paymentOf(COMMAND);
  assert.deepEqual(renderer.accepted(payment), renderer.accepted(structuredClone(payment)));
});
