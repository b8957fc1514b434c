/** Examples of the API description. A test holds them against the schemas. */
import { hash } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { type ErrorCode, GatewayError, type GatewayErrorOptions } from '../../domain/errors.ts';
import { failureOf } from '../../domain/provider-kit/outcome-table.ts';
import type { PaymentView } from './answers.ts';
import { type Problem, problemOf } from './problem-details.ts';

const REQUEST_ID = '6f9619ff-8b86-4d01-b42d-00c04fc964ff';
const PAYMENT_ID = 'pay_019aa5b0c0007abc8def0123456789ab';
const PROVIDER_REFERENCE = '0b9e6a52c1f44d7a8e3d5f60718293a4';
const AT = '2026-11-21T08:00:00.000Z';

/** Of one provider; the documentation uses its name where there is one. */
export function samplePayment(provider: string): PaymentView {
  return {
    id: PAYMENT_ID,
    status: 'ACCEPTED',
    amount: '20.00',
    currency: 'ZMW',
    provider,
    payer: { msisdn: '+260*****4567' },
    reference: 'order-17',
    description: 'Two chairs',
    metadata: { cart: '9' },
    failure: null,
    createdAt: AT,
    updatedAt: AT,
    attempts: [
      {
        number: 1,
        provider,
        providerReference: PROVIDER_REFERENCE,
        outcome: 'accepted',
        reason: null,
        startedAt: AT,
        endedAt: AT,
      },
    ],
    outcome: {
      certainty: 'provider-says',
      nextCheckAt: '2026-11-21T08:01:00.000Z',
      resolvesBy: '2026-11-26T09:24:41.000Z',
      evidence: [{ source: 'provider-answer', at: AT, says: 'accepted', reason: null }],
    },
  };
}

export function samplePage(provider: string) {
  return { data: [samplePayment(provider)], nextCursor: 'AZqlsMAAeryN7wEjRWeJq0VhRk5Wbg' };
}

/** The hashes are those of these facts: an integrator can try a check of its own on them. */
export function sampleTimeline(provider: string) {
  const at = AT;
  const intent = {
    ...{ kind: 'intent', at, amount: '20.00', currency: 'ZMW', payer: '+260*****4567' },
    ...{ reference: 'order-17', providerReference: PROVIDER_REFERENCE },
  };
  const facts = [
    [intent, { kind: 'dispatch', at, provider, market: 'ZM', requestId: REQUEST_ID }],
    [
      { kind: 'provider-answer', at, says: 'accepted', reason: null },
      { kind: 'state', at, status: 'ACCEPTED', failure: null },
    ],
  ];
  let previous = PAYMENT_ID;
  const links = facts.map((told, index) => {
    const number = index + 1;
    previous = hash('sha256', canonicalJson({ facts: told, number, previous }), 'hex');
    return { number, hash: previous, facts: told };
  });
  return { paymentId: PAYMENT_ID, count: 2, head: previous, links, nextAfter: null };
}

const FAILURE = failureOf('payer-not-allowed', null);

function field(code: ErrorCode, pointer: string, rule: string): [string, GatewayErrorOptions] {
  const name = pointer.slice(1).replaceAll('/', '.');
  return [`The ${name} ${rule}.`, { errors: [{ pointer, code, detail: rule }] }];
}

const ABOUT = { provider: 'AIRTEL', paymentId: PAYMENT_ID };

/** The answers that integrators meet first; every other code has its title as its words. */
const SAMPLES: Partial<Record<ErrorCode, [detail: string, options?: GatewayErrorOptions]>> = {
  'body-invalid': [
    'The body does not fit the description of this request.',
    { errors: [{ pointer: '/currency', code: 'required', detail: 'is required' }] },
  ],
  'amount-out-of-range': field(
    'amount-out-of-range',
    '/amount',
    'must be more than zero and at most 90071992547409.91 ZMW',
  ),
  'amount-precision': field(
    'amount-precision',
    '/amount',
    'must have at most the 2 decimals of ZMW',
  ),
  'msisdn-invalid': field(
    'msisdn-invalid',
    '/payer/msisdn',
    'must be a mobile number in E.164 with plus',
  ),
  'query-invalid': [
    'The query does not fit the description.',
    { errors: [{ pointer: '/limit', code: 'format', detail: 'must be a whole number, 1 to 100' }] },
  ],
  'payment-in-progress': [
    'A payment with this key is under way, or its outcome is not known yet.',
    { paymentId: PAYMENT_ID },
  ],
  'idempotency-key-reused': [
    'This key was used with other content. Send the same content, or take a new key.',
    { paymentId: PAYMENT_ID },
  ],
  'idempotency-key-expired': [
    'The payment was closed: no provider took it. Pay again with a new key.',
    { paymentId: PAYMENT_ID },
  ],
  'provider-refused': ['The provider answered that it did not process the payment.', ABOUT],
  'provider-unreachable': ['The provider could not be reached. Nothing was sent.', ABOUT],
  'provider-unavailable': [
    'The provider does not answer at present. Nothing was sent.',
    { provider: 'AIRTEL' },
  ],
  'store-unavailable': ['The store does not answer.'],
};

export function sampleProblem(code: ErrorCode): Problem | undefined {
  if (code === 'payment-declined') {
    const declined = problemOf(new GatewayError(code, FAILURE.detail), REQUEST_ID);
    return { ...declined, ...ABOUT, failure: FAILURE };
  }
  const sample = SAMPLES[code];
  return sample && problemOf(new GatewayError(code, ...sample), REQUEST_ID);
}
