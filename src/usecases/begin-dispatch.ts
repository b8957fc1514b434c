import { StoreUnavailable } from '../domain/errors.ts';
import type { PayCommand } from '../domain/gateway.ts';
import { maskMsisdn } from '../domain/msisdn.ts';
import type { Payment } from '../domain/payment.ts';
import type { Clock, Ids } from '../domain/ports.ts';
import type { PaymentProvider } from '../domain/provider.ts';
import type { PayerVault, ReferenceKeys } from '../domain/secrets.ts';
import type { Timing } from '../domain/settings.ts';
import type { Intent, KeyRow, PaymentStore } from '../domain/store.ts';
import type { FreeUnsent } from './free-unsent.ts';
import { NOTHING_SENT, unavailable } from './unavailable.ts';
import type { Holding } from './write-decision.ts';

export interface BeginDispatchDeps {
  store: Pick<PaymentStore, 'begin' | 'redrive'>;
  ids: Ids;
  clock: Pick<Clock, 'monotonicMs'>;
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
}

export interface BeginDispatch {
  /** Writes the intent of a new key; null when the key has a row. */
  first(
    command: PayCommand,
    keyHash: Buffer,
    provider: PaymentProvider,
  ): Promise<BegunDispatch | null>;
  /** Takes the fence of a payment of which nothing was taken; null when somebody was faster. */
  again(row: KeyRow, command: PayCommand): Promise<BegunDispatch | null>;
}

/** Nothing is sent before one of these has committed; what cannot be committed is answered 503. */
export function makeBeginDispatch(deps: BeginDispatchDeps): BeginDispatch {
  const { store, clock, timing, freeUnsent } = deps;
  const lease = { leaseMs: timing.leaseMs, graceMs: timing.graceMs };

  return {
    async first(command, keyHash, provider) {
      const intent = makeIntent(deps, command, keyHash, provider);
      const begunAtMs = clock.monotonicMs();
      const result = await store.begin({ ...intent, ...lease }).catch((error: unknown) => {
        if (isUndecided(error)) freeUnsent(intent.paymentId, 1n);
        throw unavailable(error, NOTHING_SENT);
      });
      if (result.kind === 'exists') return null;
      const payment = toPayment(intent, command, result.at);
      const { messageKey, requestId, traceparent } = intent;
      const sequences = { jobs: 0, events: 0 };
      const held = { payment, fence: 1n, requestId, traceparent, messageKey, sequences };
      return { held, at: result.at, begunAtMs };
    },

    async again(row, { requestId, traceparent }) {
      const begunAtMs = clock.monotonicMs();
      const dispatch = { requestId, traceparent, ...lease };
      const held = await store
        .redrive(row.paymentId, row.fence, dispatch)
        .catch((error: unknown) => {
          if (isUndecided(error)) freeUnsent(row.paymentId, row.fence + 1n);
          throw unavailable(error, NOTHING_SENT);
        });
      return held && { held, at: held.heldAt, begunAtMs };
    },
  };
}

function isUndecided(error: unknown): boolean {
  return error instanceof StoreUnavailable && error.fate === 'unknown';
}

type IntentContent = Omit<Intent, 'leaseMs' | 'graceMs'>;

function makeIntent(
  { ids, references, vault }: BeginDispatchDeps,
  command: PayCommand,
  keyHash: Buffer,
  provider: PaymentProvider,
): IntentContent {
  const { merchantId, idempotencyKey, msisdn, market } = command;
  const paymentId = ids.paymentId();
  const bytes = references.providerReference(merchantId, idempotencyKey, provider.name, market);
  const place = { merchantId, table: 'payments', column: 'payer_cipher', rowId: paymentId };
  return {
    paymentId,
    merchantId,
    keyHash,
    fingerprint: command.fingerprint,
    amountMinor: command.amountMinor,
    currency: command.currency,
    provider: provider.name,
    market,
    providerReference: provider.spellReference(bytes),
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
  };
}
