/** Intents and holdings, for tests that play a dispatch by hand. */
import { randomBytes } from 'node:crypto';
import { PROFILES } from '../../src/config/timing-profiles.ts';
import type { Payment } from '../../src/domain/payment.ts';
import type { Timing } from '../../src/domain/settings.ts';
import type { Intent, Route } from '../../src/domain/store.ts';
import { NO_HINTS, type TimelineHead, type TimelineLink } from '../../src/domain/timeline.ts';
import { systemIds } from '../../src/system.ts';
import { headAfter, makeLink, NO_LINKS } from '../../src/usecases/link-facts.ts';
import type { Heard, Holding } from '../../src/usecases/write-decision.ts';

export const DEMO_TIMING: Timing = PROFILES.demo.timing;

/** A decision that follows from no word at all. */
export const NOTHING_HEARD: Heard = { evidence: null, statusQueries: 0 };
export const ONE_QUERY: Heard = { evidence: null, statusQueries: 1 };

/** A link that tells of a dispatch. */
export function dispatchLink(paymentId: string, head: TimelineHead = NO_LINKS): TimelineLink {
  const fact = { kind: 'dispatch', provider: 'MTN', market: 'ZM', requestId: 'req_1' } as const;
  return makeLink(paymentId, head, [{ ...fact, at: '2026-11-21T08:00:00.000Z' }]);
}

export function makeIntent(overrides: Partial<Intent> = {}): Intent {
  const paymentId = overrides.paymentId ?? systemIds.paymentId();
  return {
    paymentId,
    merchantId: 'acme',
    keyHash: randomBytes(32),
    fingerprint: 'f'.repeat(64),
    amountMinor: 2_000n,
    currency: 'ZMW',
    provider: 'MTN',
    market: 'ZM',
    providerReference: crypto.randomUUID(),
    payerMasked: '+260*****0022',
    payerCipher: Buffer.from('cipher'),
    payerIndex: Buffer.from('index'),
    messageKey: 'wallet',
    reference: 'order-1',
    description: null,
    metadata: { cart: '9' },
    routedBy: 'request',
    requestId: 'req_1',
    traceparent: '00-aa-bb-01',
    leaseMs: 10_000,
    graceMs: 5_000,
    link: dispatchLink(paymentId),
    resolvesInMs: 60_000,
    ...overrides,
  };
}

/** Where the intent itself goes. */
export function routeOf({ provider, market, providerReference }: Intent): Route {
  return { provider, market, providerReference };
}

type Told = Pick<Intent, 'messageKey' | 'requestId' | 'traceparent' | 'link'>;

/** What the first dispatch holds. */
export function holdFirst(payment: Payment, { link, ...told }: Told): Holding {
  const { messageKey, requestId, traceparent } = told;
  return {
    payment,
    fence: 1n,
    messageKey,
    requestId,
    traceparent,
    sequences: { jobs: 0, events: 0 },
    statusQueries: 0,
    graceLeftMs: 15_000,
    sinceDispatchMs: 0,
    timeline: headAfter(NO_LINKS, link),
    hints: NO_HINTS,
  };
}
