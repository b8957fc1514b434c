import { GatewayError } from '../domain/errors.ts';
import { redriveOrder } from '../domain/failover.ts';
import type { ChargePermit, GuardedProvider, Refusal } from '../domain/gate.ts';
import type { PayCommand, PayResult } from '../domain/gateway.ts';
import type { ClaimResult, IdempotencyStore, StoredAnswer } from '../domain/ports.ts';
import type { PaymentProvider } from '../domain/provider.ts';
import type { KeyRow, PaymentStore } from '../domain/store.ts';
import type { Metrics } from '../domain/telemetry.ts';
import type { BeginDispatch } from './begin-dispatch.ts';
import type { Dispatch, Dispatched } from './dispatch-charge.ts';
import { NOTHING_SENT, unavailable } from './unavailable.ts';

export interface AcceptPaymentDeps {
  store: Pick<PaymentStore, 'readKey'>;
  idempotency: IdempotencyStore;
  gateFor(provider: string, market: string): GuardedProvider | undefined;
  /** Hash under which a key is stored: merchants never meet in it. */
  keyHash(merchantId: string, key: string): Buffer;
  begin: BeginDispatch;
  dispatch: Dispatch;
  metrics: Metrics;
}

/** Where a payment may go, in order: more than one where failover is on. */
type Gates = readonly [GuardedProvider, ...GuardedProvider[]];

/** A dispatch that is under way ends within its lease; one without outcome waits for status queries. */
const IN_FLIGHT_RETRY_SECONDS = 1;
const OPEN_RETRY_SECONDS = 5;

/**
 * The life of a request to pay: claim, admission, intent, charge, record, answer. What an earlier request
 * with the key came to is decided by the key's row alone; Redis only saves asking for it.
 */
export function makeAcceptPayment(deps: AcceptPaymentDeps) {
  const { store, idempotency, metrics } = deps;

  return async function acceptPayment(command: PayCommand): Promise<PayResult> {
    const gates = gatesFor(command);
    const keyHash = deps.keyHash(command.merchantId, command.idempotencyKey);
    const cacheKey = keyHash.toString('base64url');
    const claim = await claimOrRefuse(command, cacheKey, gates);
    if (claim.kind === 'answered') {
      const { fingerprint, answer } = claim;
      requireSameContent({ fingerprint, paymentId: answer.paymentId }, command, 'redis');
      metrics.idempotencyClaim('replayed', 'redis');
      return { kind: 'answer', answer, replayed: true };
    }
    metrics.idempotencyClaim(claim.kind, 'redis');
    const token = claim.kind === 'granted' ? claim.token : null;
    let stored: StoredAnswer | null = null;
    try {
      // A fresh claim says that nobody is in flight, which is enough to refuse; the row decides the rest.
      const row = token === null ? await readKey(command, keyHash) : null;
      const result = await proceed(command, keyHash, row ? gatesOf(row, command) : gates, row);
      if (result.stored) stored = result.answer;
      return { kind: 'answer', answer: result.answer, replayed: result.replayed };
    } finally {
      // The answer does not wait for the cache.
      if (stored) void idempotency.complete(cacheKey, token, command.fingerprint, stored);
      else if (token !== null) void idempotency.release(cacheKey, token);
    }
  };

  /** Where a charge would be refused, a look at the key is enough: nothing will be sent or written. */
  async function claimOrRefuse(
    command: PayCommand,
    cacheKey: string,
    gates: Gates,
  ): Promise<ClaimResult> {
    if (gates.every((gate) => gate.refusesCharges())) {
      const found = await idempotency.look(cacheKey);
      if (found.kind !== 'free') return found;
      const refusals = gates.map((gate) => gate.chargeRefusal());
      const [refusal] = refusals;
      if (refusal && !refusals.includes(null)) throw refused(refusal, gates[0]);
    }
    return await idempotency.claim(cacheKey, command.fingerprint);
  }

  async function proceed(
    command: PayCommand,
    keyHash: Buffer,
    gates: Gates,
    row: KeyRow | null,
  ): Promise<Dispatched> {
    const replay = row && settledBy(row, command);
    if (replay) return replay;
    const { permit, provider } = await admit(gates);
    try {
      const begun = row
        ? await deps.begin.again(row, command, provider)
        : await deps.begin.first(command, keyHash, provider);
      if (begun) return await deps.dispatch(command, permit, begun);
    } finally {
      permit.release();
    }
    // Somebody was faster with this row, or the key has one that Redis did not know of.
    const found = row ? null : await readKey(command, keyHash);
    if (!found) return inProgress(IN_FLIGHT_RETRY_SECONDS, row?.paymentId);
    return await proceed(command, keyHash, gatesOf(found, command), found);
  }

  function gatesFor({ provider, market, failover }: PayCommand): Gates {
    const gate = deps.gateFor(provider, market);
    if (!gate) throw new GatewayError('provider-unknown', 'No such provider is configured.');
    return [gate, ...knownGates(failover, market)];
  }

  function knownGates(names: readonly string[], market: string): GuardedProvider[] {
    return names.map((name) => deps.gateFor(name, market)).filter((gate) => gate !== undefined);
  }

  /** A payment that began goes on where it stands, also when routing has changed since, or fails over. */
  function gatesOf(row: KeyRow, { provider, market, failover }: PayCommand): Gates {
    const order = row.market === market ? [provider, ...failover] : [];
    const [first, ...others] = knownGates(redriveOrder(row, order), row.market);
    if (first) return [first, ...others];
    throw new GatewayError(
      'provider-unknown',
      'The provider of this payment is not here any more.',
    );
  }

  async function readKey({ merchantId }: PayCommand, keyHash: Buffer): Promise<KeyRow | null> {
    try {
      return await store.readKey(merchantId, keyHash);
    } catch (error) {
      throw unavailable(error, NOTHING_SENT);
    }
  }

  /** What the row already says about this key; null when it may be driven again. */
  function settledBy(row: KeyRow, command: PayCommand): Dispatched | null {
    requireSameContent(row, command, 'postgres');
    if (row.answer) {
      metrics.idempotencyClaim('replayed', 'postgres');
      return { answer: row.answer, replayed: true, stored: true };
    }
    if (row.pruned) {
      const detail = 'The stored answer of this key was pruned; read the payment instead.';
      const { paymentId } = row;
      throw new GatewayError('idempotency-key-expired', detail, { retry: 'never', paymentId });
    }
    if (row.leaseLive) return inProgress(IN_FLIGHT_RETRY_SECONDS, row.paymentId);
    if (row.status === 'RECEIVED' && row.attemptOutcome === 'not_taken') return null;
    return inProgress(OPEN_RETRY_SECONDS, row.paymentId);
  }

  function requireSameContent(
    { fingerprint, paymentId }: Pick<KeyRow, 'fingerprint' | 'paymentId'>,
    command: PayCommand,
    store: 'redis' | 'postgres',
  ): void {
    if (fingerprint === command.fingerprint) return;
    metrics.idempotencyClaim('mismatch', store);
    throw new GatewayError(
      'idempotency-key-reused',
      'This key was used with other content. Send the same content, or take a new key.',
      { paymentId },
    );
  }
}

/** The first that admits; no row says yet where the payment goes, or it may go to any of them. */
async function admit(gates: Gates): Promise<{ permit: ChargePermit; provider: PaymentProvider }> {
  let refusal: Refusal | undefined;
  for (const gate of gates) {
    const permit: ChargePermit | Refusal = gate.chargeRefusal() ?? (await gate.admitCharge());
    if (permit.admitted) return { permit, provider: gate.provider };
    refusal ??= permit;
  }
  throw refused(refusal as Refusal, gates[0]);
}

function refused(
  { code, retryAfterSeconds }: Refusal,
  { provider: { name: provider } }: GuardedProvider,
): GatewayError {
  const detail =
    code === 'provider-unavailable'
      ? 'The provider does not answer at present. This request sent nothing.'
      : 'Too many payments wait for this provider. Nothing was sent.';
  return new GatewayError(code, detail, { provider, retryAfterSeconds });
}

function inProgress(retryAfterSeconds: number, paymentId?: string): never {
  throw new GatewayError(
    'payment-in-progress',
    'A payment with this key is under way, or its outcome is not known yet.',
    { retryAfterSeconds, paymentId },
  );
}
