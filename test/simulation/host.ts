/** A process with its connections to the servers, and what the servers make of its death or silence. */
import { StoreUnavailable } from '../../src/domain/errors.ts';
import type { GuardedProvider, Refusal } from '../../src/domain/gate.ts';
import type { Attempt } from '../../src/domain/payment.ts';
import type { ChargeRequest, PaymentProvider } from '../../src/domain/provider.ts';
import type { PaymentStore } from '../../src/domain/store.ts';
import { type Charge, type Claim, makeFakeProvider } from './fake-provider.ts';
import { makeFakePaymentStore } from './fake-store.ts';
import { EPOCH_MS, latencyMs, type Machine, makeMachine } from './machine.ts';
import { TIMING, type World } from './world.ts';

export interface Host {
  machine: Machine;
  store: PaymentStore;
  gates: Map<string, GuardedProvider>;
}

export type CallBack = (charge: Charge, url: string | null, claimed: Claim) => void;

export const CURRENCIES = { MTN: 'ZMW', AIRTEL: 'UGX' } as const;
/** Whatever a provider answered: what left for it may be charged there. */
export const ONE_PROVIDER = 'no payment has two providers that may have its charge';
const WALL_CLOCK_SKEW_MS = 300_000;
const LISTING_MARGIN_MS = 10;

export interface HostOptions {
  name: string;
  onCrash(): void;
  onPause?(ms: number): void;
  callBack: CallBack;
}

export function makeHost(world: World, options: HostOptions): Host {
  const { scheduler, chaos, tables } = world;
  const skewMs = scheduler.dice.between(-WALL_CLOCK_SKEW_MS, WALL_CLOCK_SKEW_MS);
  const machine = makeMachine({ ...options, scheduler, chaos, skewMs });
  const wire = machine.wire({
    shareOf: ({ storeShare }) => storeShare,
    failure: (fate) => new StoreUnavailable(fate, new Error('cut')),
  });
  const gates = new Map<string, GuardedProvider>();
  for (const [name, currency] of Object.entries(CURRENCIES)) {
    const provider = makeFakeProvider({
      ...{ name, currency, machine, scheduler, chaos, book: world.book },
      currentRequest: () => world.scope.getStore() ?? 'nobody',
      onSend: (request) => checkSend(world, name, request),
      listsWithinMs(paymentId) {
        const { leaseMs, graceMs } = TIMING;
        const dispatchedAtMs = tables.payments.get(paymentId)?.dispatchedAtMs ?? 0;
        const leftMs = dispatchedAtMs + leaseMs + graceMs - tables.nowMs();
        return Math.max(0, leftMs - LISTING_MARGIN_MS);
      },
      callBack: options.callBack,
    });
    gates.set(name, makeFakeGate(world, machine, provider));
  }
  return { machine, store: makeFakePaymentStore(tables, wire), gates };
}

/** The promises that can only be checked at the moment in which the first byte leaves. */
function checkSend(world: World, provider: string, { paymentId, reference }: ChargeRequest): void {
  const { tables, violations, scheduler, book } = world;
  const record = tables.payments.get(paymentId);
  const break_ = (checker: string, detail: string) => {
    scheduler.note(`BROKEN: ${checker}: ${detail}`);
    violations.push({ checker, detail: `${paymentId}: ${detail}` });
  };
  if (!record) {
    break_('nothing is sent without an intent', 'no row is committed');
    return;
  }
  const reached = book.reached.get(paymentId) ?? new Set();
  book.reached.set(paymentId, reached.add(provider));
  if (reached.size > 1) break_(ONE_PROVIDER, `sent to ${[...reached].join(' and ')}`);
  const nowMs = EPOCH_MS + scheduler.nowMs();
  const isLate = record.leaseUntilMs === null || record.leaseUntilMs <= nowMs;
  if (isLate) {
    break_('nothing is sent after its lease', `sent under fence ${record.fence}`);
  }
  const { payment } = record;
  const isOpen = ({ outcome, ...one }: Attempt) =>
    outcome === null && one.provider === provider && one.providerReference === reference;
  if (!isLate && (payment.provider !== provider || !payment.attempts.some(isOpen))) {
    break_('nothing is sent without an intent', `sent to ${provider}, which has no open attempt`);
  }
}

/** In place of breaker and bulkhead, which have tests of their own: lets through, and sometimes refuses. */
function makeFakeGate(
  { scheduler, chaos }: World,
  machine: Machine,
  provider: PaymentProvider,
): GuardedProvider {
  const refuses = () => !chaos.healed && scheduler.dice.chance(chaos.faults.gateShare);
  const refusal = { admitted: false, code: 'provider-unavailable', retryAfterSeconds: 1 } as const;
  const health = { status: 'OPERATIONAL', since: new Date(0), retryAfterSeconds: null } as const;
  return {
    provider,
    refusesCharges: refuses,
    chargeRefusal: (): Refusal | null => (refuses() ? refusal : null),
    admitCharge: () =>
      new Promise((resolve) => {
        const charge = provider.charge;
        machine.resume(latencyMs(scheduler, chaos), '', () => {
          resolve(refuses() ? refusal : { admitted: true, charge, release() {} });
        });
      }),
    queryStatus: provider.queryStatus,
    health: () => ({ charge: health, status: health }),
    async close() {},
  };
}
