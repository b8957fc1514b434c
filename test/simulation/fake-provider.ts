/** A provider as far as the design assumes it: late, silent and forgetful, but never false about its charges. */
import type { Failure } from '../../src/domain/payment.ts';
import type {
  ChargeOutcome,
  ChargeRequest,
  PaymentProvider,
  StatusOutcome,
} from '../../src/domain/provider.ts';
import type { ProviderFaults } from './faults.ts';
import { type Chaos, latencyMs, type Machine } from './machine.ts';
import type { Scheduler } from './scheduler.ts';

export interface Charge {
  provider: string;
  reference: string;
  paymentId: string;
  /** The merchant's request whose dispatch brought it. */
  requestId: string;
  /** What we asked for, and what it took. */
  askedMinor: bigint;
  amountMinor: bigint;
  currency: string;
  /** False: declined at once, and kept. */
  taken: boolean;
  listedAtMs: number;
  status: 'PENDING' | 'SUCCEEDED' | 'FAILED';
}

/** What the providers themselves keep, whatever happens to us. */
export interface ProviderBook {
  charges: Charge[];
  /** References about which a false "not found" was told: once each. */
  deniedOnce: Set<string>;
  /** Providers for which a first byte left, by payment: whatever came of it. */
  reached: Map<string, Set<string>>;
}

export interface FakeProviderOptions {
  name: string;
  currency: string;
  machine: Machine;
  scheduler: Scheduler;
  chaos: Chaos;
  book: ProviderBook;
  /** Whose dispatch calls: known to the simulation alone. */
  currentRequest(): string;
  /** Called just before the first byte leaves. */
  onSend(request: ChargeRequest): void;
  /**
   * The design assumes that what is not listed when the grace of its dispatch ends was never taken: no charge is
   * listed later than this.
   */
  listsWithinMs(paymentId: string): number;
  callBack(charge: Charge, callbackUrl: string | null, claimed: Claim): void;
}

export type Claim = 'succeeded' | 'failed' | 'pending';

const PAYER_MS = 30_000;
const SLOW_PAYER_MS = 150_000;
const CALLBACK_SPREAD_MS = 20_000;

const declined: Failure = { code: 'payer-rejected', providerCode: null, detail: 'Declined.' };

export function makeFakeProvider(options: FakeProviderOptions): PaymentProvider {
  const { name, currency, machine, scheduler, chaos, book } = options;
  const { dice } = scheduler;
  const faults: ProviderFaults = chaos.faults.provider;
  const happens = (share: number) => {
    if (chaos.healed || !dice.chance(share)) return false;
    chaos.injected += 1;
    return true;
  };
  const latency = () => latencyMs(scheduler, chaos);

  /** One request and its answer, of which either may be lost; `silence` is what the caller then makes of it. */
  function exchange<T>(
    what: string,
    timeoutMs: number,
    silence: (reason: string) => T,
    answer: () => T,
  ): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    let over = false;
    const hear = (heard: T) => {
      over = true;
      resolve(heard);
    };
    const timer = scheduler.quietly(timeoutMs, '', () =>
      machine.resume(0, '', () => {
        if (!over) scheduler.note(`${machine.name}: ${name} does not answer`);
        hear(silence('timeout'));
      }),
    );
    /** A connection that hangs is heard of after the deadline; one that breaks, at once. */
    const lose = () => {
      if (dice.chance(0.5)) return;
      machine.resume(latency(), '', () => {
        scheduler.cancel(timer);
        if (!over) hear(silence('connection-reset'));
      });
    };
    if (happens(faults.requestLost)) {
      lose();
      return promise;
    }
    scheduler.quietly(Math.min(latency(), timeoutMs), '', () => {
      const outcome = answer();
      const lost = happens(faults.answerLost);
      const word = (outcome as { kind: string }).kind;
      scheduler.note(`${name}: ${what}: ${word}${lost ? ', and the answer is lost' : ''}`);
      if (lost) {
        lose();
        return;
      }
      machine.resume(latency(), '', () => {
        scheduler.cancel(timer);
        if (!over) hear(outcome);
      });
    });
    return promise;
  }

  function take(request: ChargeRequest, requestId: string): ChargeOutcome {
    const { reference, paymentId } = request;
    const isSame = (one: Charge) => one.provider === name && one.reference === reference;
    if (faults.dedupe && book.charges.some(isSame)) {
      return { kind: 'accepted', failure: false, duplicate: true };
    }
    if (happens(faults.refused)) return notTaken('refused', 'http-429');
    const nowMs = scheduler.nowMs();
    const amountMinor =
      request.amountMinor + (faults.saysAmount && happens(faults.otherAmount) ? 1n : 0n);
    const delayMs = happens(faults.lateListing)
      ? dice.between(0, options.listsWithinMs(paymentId))
      : 0;
    const charge: Charge = {
      ...{ provider: name, reference, paymentId, requestId, amountMinor, taken: true },
      askedMinor: request.amountMinor,
      currency: request.currency,
      listedAtMs: nowMs + delayMs,
      status: 'PENDING',
    };
    if (happens(faults.declined)) {
      if (faults.keepsDeclined) book.charges.push({ ...charge, taken: false, status: 'FAILED' });
      return { kind: 'declined', failure: false, why: declined };
    }
    book.charges.push(charge);
    const slow = happens(faults.payerSlow);
    const endsInMs = dice.between(slow ? PAYER_MS : 100, slow ? SLOW_PAYER_MS : PAYER_MS);
    scheduler.after(endsInMs, '', () => {
      charge.status = dice.chance(faults.payerRefuses) ? 'FAILED' : 'SUCCEEDED';
      scheduler.note(`${name}: the charge of ${paymentId} ${charge.status}`);
    });
    planCallbacks(charge, request.callbackUrl, endsInMs);
    return { kind: 'accepted', failure: false, duplicate: false };
  }

  /** Early, twice, late or never, and sometimes with a lie. */
  function planCallbacks(charge: Charge, url: string | null, endsInMs: number): void {
    for (let left = faults.callbacks; dice.chance(left); left -= 1) {
      const spread = dice.chance(0.3) ? dice.between(0, endsInMs) : endsInMs;
      scheduler.after(spread + dice.between(0, CALLBACK_SPREAD_MS), '', () => {
        const truth: Record<Charge['status'], Claim> = {
          PENDING: 'pending',
          SUCCEEDED: 'succeeded',
          FAILED: 'failed',
        };
        const lies = happens(faults.callbackLies);
        const claimed = lies ? dice.pick(['succeeded', 'failed'] as const) : truth[charge.status];
        options.callBack(charge, url, claimed);
      });
    }
  }

  function status(reference: string): StatusOutcome {
    if (happens(faults.unclear)) return { kind: 'unclear', failure: true, reason: 'http-500' };
    const nowMs = scheduler.nowMs();
    const charge = book.charges.find(
      (one) => one.provider === name && one.reference === reference && one.listedAtMs <= nowMs,
    );
    if (!charge) return { kind: 'not_found', failure: false };
    if (!book.deniedOnce.has(reference) && happens(faults.falseNotFound)) {
      book.deniedOnce.add(reference);
      return { kind: 'not_found', failure: false };
    }
    if (charge.status === 'PENDING') return { kind: 'pending', failure: false };
    if (charge.status === 'FAILED') return { kind: 'failed', failure: false, why: declined };
    const { amountMinor, currency } = charge;
    const taken = faults.saysAmount ? { amountMinor, currency } : null;
    return { kind: 'succeeded', failure: false, taken, providerTransactionId: null };
  }

  return {
    name,
    market: 'ZM',
    currencies: [currency],
    maxAmountMinor: {},
    firstStatusQueryMs: 0,
    spellReference: (bytes) => Buffer.from(bytes).toString('hex'),
    async charge(request, { timeoutMs }) {
      const requestId = options.currentRequest();
      if (happens(faults.unreachable)) {
        const outcome = notTaken('unreachable', 'connect-refused');
        return await new Promise((resolve) => {
          machine.resume(latency(), `${name} cannot be reached`, () => resolve(outcome));
        });
      }
      options.onSend(request);
      const silence = (reason: string): ChargeOutcome => {
        return { kind: 'unknown', failure: true, reason };
      };
      const what = `charge of ${request.paymentId} by ${requestId}`;
      return await exchange(what, timeoutMs, silence, () => take(request, requestId));
    },
    async queryStatus({ reference }, { timeoutMs }) {
      const silence = (reason: string): StatusOutcome => {
        return { kind: 'unclear', failure: true, reason };
      };
      const what = `status of ${reference.slice(0, 6)}`;
      return await exchange(what, timeoutMs, silence, () => status(reference));
    },
    parseCallback: ({ body }) => ({ ok: true, ...JSON.parse(Buffer.from(body).toString()) }),
    async close() {},
  };
}

function notTaken(cause: 'refused' | 'unreachable', reason: string): ChargeOutcome {
  return { kind: 'not_taken', failure: true, cause, reason, providerCode: null };
}
