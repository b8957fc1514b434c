import { StoreUnavailable } from '../domain/errors.ts';
import type { PayCommand } from '../domain/gateway.ts';
import { maskMsisdn } from '../domain/msisdn.ts';
import { resolvesInMs } from '../domain/outcome.ts';
import type { Attempt, Payment } from '../domain/payment.ts';
import type { Clock, Ids } from '../domain/ports.ts';
import type { PaymentProvider } from '../domain/provider.ts';
import type { PayerVault, ReferenceKeys } from '../domain/secrets.ts';
import type { Timing } from '../domain/settings.ts';
import type { Intent, KeyRow, PaymentStore, Route } from '../domain/store.ts';
import { dispatchFact, intentFacts, NO_HINTS } from '../domain/timeline.ts';
import type { FreeUnsent } from './free-unsent.ts';
import { headAfter, makeLink, NO_LINKS } from './link-facts.ts';
import { NOTHING_SENT, unavailable } from './unavailable.ts';
import type { Holding } from './write-decision.ts';

export interface BeginDispatchDeps {
  store: Pick<PaymentStore, 'begin' | 'redrive'>;
  ids: Ids;
  clock: Pick<Clock, 'monotonicMs' | 'now'>;
  timing: Timing;
  references: ReferenceKeys;
  vault: PayerVault;
  freeUnsent: FreeUnsent;
}

/** A dispatch that may send: its fence is ours, committed, until the lease ends. */
export interface BegunDispatch {
  held: Holding;
  /** The store's clock when the lease began … */
  at: Date;
  /** … and our monotonic clock just before: the lease ends no earlier than this plus its length. */
  begunAtMs: number;
  /** True when a request of an earlier dispatch may have left, at whichever provider. */
  mayHaveLeft: boolean;
  /** Providers that this request has gone to. */
  tried: readonly string[];
}

export interface BeginDispatch {
  /** Writes the intent of a new key; null when the key has a row. */
  first(
    command: PayCommand,
    keyHash: Buffer,
    provider: PaymentProvider,
  ): Promise<BegunDispatch | null>;
  /** Takes the fence of a payment of which nothing was taken; null when somebody was faster. */
  again(row: KeyRow, command: PayCommand, provider: PaymentProvider): Promise<BegunDispatch | null>;
}

/** What each dispatch is given: its lease, its grace, and by when its payment is resolved at most. */
export function termsOf(timing: Timing) {
  const { leaseMs, graceMs } = timing;
  const begun = { statusQueries: 0, graceLeftMs: leaseMs + graceMs, sinceDispatchMs: 0 };
  const standing = { status: 'RECEIVED', nextCheckInMs: leaseMs, ...begun } as const;
  return { leaseMs, graceMs, resolvesInMs: resolvesInMs(standing, timing) ?? 0 };
}

/** The reference is derived, one for a payment and route; one that is stored wins. */
export function routeTo(
  provider: PaymentProvider,
  {
    merchantId,
    idempotencyKey,
    market,
  }: Pick<PayCommand, 'merchantId' | 'idempotencyKey' | 'market'>,
  references: ReferenceKeys,
): Route {
  const { name } = provider;
  const bytes = references.providerReference(merchantId, idempotencyKey, name, market);
  return { provider: name, market, providerReference: provider.spellReference(bytes) };
}

/** Nothing is sent before one of these has committed; what cannot be committed is answered 503. */
export function makeBeginDispatch(deps: BeginDispatchDeps): BeginDispatch {
  const { store, clock, timing, freeUnsent } = deps;
  const { resolvesInMs: boundMs, ...lease } = termsOf(timing);
  const graceLeftMs = lease.leaseMs + lease.graceMs;

  return {
    async first(command, keyHash, provider) {
      const now = clock.now();
      const content = makeIntent(deps, command, keyHash, provider);
      const payment = toPayment(content, command, now);
      const link = makeLink(
        content.paymentId,
        NO_LINKS,
        intentFacts(payment, command.requestId, now),
      );
      const begunAtMs = clock.monotonicMs();
      const intent = { ...content, ...lease, link, resolvesInMs: boundMs };
      const result = await store.begin(intent).catch((error: unknown) => {
        if (isUndecided(error)) freeUnsent(payment.id, 1n, headAfter(NO_LINKS, link), 1);
        throw unavailable(error, NOTHING_SENT);
      });
      if (result.kind === 'exists') return null;
      const held = holdFirst(intent, payment, result.at);
      return { held, at: result.at, begunAtMs, mayHaveLeft: false, tried: [provider.name] };
    },

    async again(row, command, provider) {
      const { paymentId, fence, timeline, market } = row;
      const { merchantId, idempotencyKey, requestId, traceparent } = command;
      const route = routeTo(provider, { merchantId, idempotencyKey, market }, deps.references);
      const where = provider.name === row.provider ? { provider: provider.name, market } : route;
      const link = makeLink(paymentId, timeline, [
        dispatchFact({ ...where, requestId }, clock.now()),
      ]);
      const begunAtMs = clock.monotonicMs();
      const dispatch = { route, requestId, traceparent, ...lease, link, resolvesInMs: boundMs };
      // In doubt, it is left to the sweep: the next fence is another's when this commit never came to be, and
      // to say "not taken" under it would speak for a charge that the other one sends.
      const held = await store.redrive(paymentId, fence, dispatch).catch((error: unknown) => {
        throw unavailable(error, NOTHING_SENT);
      });
      if (held === null) return null;
      const { heldAt: at, mayHaveLeft } = held;
      return { held, at, begunAtMs, mayHaveLeft, tried: [provider.name] };
    },
  };

  function holdFirst(intent: Intent, begun: Payment, at: Date): Holding {
    const { messageKey, requestId, traceparent, link } = intent;
    const [attempt] = begun.attempts as [Attempt];
    return {
      payment: {
        ...begun,
        createdAt: at,
        updatedAt: at,
        attempts: [{ ...attempt, startedAt: at }],
        nextCheckAt: new Date(at.getTime() + timing.leaseMs),
        resolvesBy: new Date(at.getTime() + boundMs),
      },
      fence: 1n,
      requestId,
      traceparent,
      messageKey,
      sequences: { jobs: 0, events: 0 },
      statusQueries: 0,
      graceLeftMs,
      sinceDispatchMs: 0,
      timeline: headAfter(NO_LINKS, link),
      hints: NO_HINTS,
    };
  }
}

function isUndecided(error: unknown): boolean {
  return error instanceof StoreUnavailable && error.fate === 'unknown';
}

type IntentContent = Omit<Intent, 'leaseMs' | 'graceMs' | 'link' | 'resolvesInMs'>;

function makeIntent(
  { ids, references, vault }: BeginDispatchDeps,
  command: PayCommand,
  keyHash: Buffer,
  provider: PaymentProvider,
): IntentContent {
  const { merchantId, msisdn } = command;
  const paymentId = ids.paymentId();
  const place = { merchantId, table: 'payments', column: 'payer_cipher', rowId: paymentId };
  return {
    paymentId,
    merchantId,
    keyHash,
    fingerprint: command.fingerprint,
    amountMinor: command.amountMinor,
    currency: command.currency,
    ...routeTo(provider, command, references),
    payerMasked: maskMsisdn(msisdn),
    payerCipher: vault.seal(msisdn, place),
    payerIndex: vault.blindIndex(merchantId, msisdn),
    messageKey: references.messageKey(msisdn),
    reference: command.reference,
    description: command.description,
    metadata: command.metadata,
    routedBy: command.routedBy,
    requestId: command.requestId,
    traceparent: command.traceparent,
  };
}

function toPayment(intent: IntentContent, command: PayCommand, at: Date): Payment {
  const { provider, market, providerReference } = intent;
  return {
    id: intent.paymentId,
    merchantId: intent.merchantId,
    status: 'RECEIVED',
    amountMinor: intent.amountMinor,
    currency: intent.currency,
    provider,
    market,
    payerMasked: intent.payerMasked,
    reference: command.reference,
    description: command.description,
    metadata: command.metadata,
    failure: null,
    createdAt: at,
    updatedAt: at,
    attempts: [
      {
        number: 1,
        provider,
        market,
        providerReference,
        outcome: null,
        reason: null,
        startedAt: at,
        endedAt: null,
      },
    ],
    nextCheckAt: null,
    resolvesBy: null,
    evidence: [],
  };
}
