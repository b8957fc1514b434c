/** Failpoints as wrappers of the ports: the use cases know nothing of them, and unset they cost nothing. */
import type { Failpoint, FailpointSetting } from '../domain/failpoints.ts';
import type { GuardedProvider } from '../domain/gate.ts';
import type { EventBus, IdempotencyStore } from '../domain/ports.ts';
import type { PaymentStore } from '../domain/store.ts';

export interface Failpoints {
  idempotency(cache: IdempotencyStore): IdempotencyStore;
  store(store: PaymentStore): PaymentStore;
  gate(gate: GuardedProvider): GuardedProvider;
  bus(bus: EventBus): EventBus;
}

type Hit = (name: Failpoint) => void;

const NONE: Failpoints = {
  idempotency: (cache) => cache,
  store: (store) => store,
  gate: (gate) => gate,
  bus: (bus) => bus,
};

/** `die` does not return. @default SIGKILL for this process: no handler runs, no buffer is written */
export function makeFailpoints(
  settings: readonly FailpointSetting[],
  die: () => void = () => process.kill(process.pid, 'SIGKILL'),
): Failpoints {
  if (settings.length === 0) return NONE;
  const left = new Map(settings.map(({ name, hit }) => [name, hit]));
  const hit: Hit = (name) => {
    const count = left.get(name);
    if (count === undefined) return;
    left.set(name, count - 1);
    if (count === 1) die();
  };
  return {
    idempotency: (cache) => aroundClaim(cache, hit),
    store: (store) => aroundCommits(store, hit),
    gate: (gate) => aroundProvider(gate, hit),
    bus: (bus) => aroundMessages(bus, hit),
  };
}

function aroundClaim(cache: IdempotencyStore, hit: Hit): IdempotencyStore {
  return {
    ...cache,
    async claim(key, fingerprint) {
      hit('before-claim');
      const result = await cache.claim(key, fingerprint);
      hit('after-claim');
      return result;
    },
  };
}

function aroundCommits(store: PaymentStore, hit: Hit): PaymentStore {
  return {
    ...store,
    async begin(intent) {
      const result = await store.begin(intent);
      if (result.kind === 'created') hit('after-intent');
      return result;
    },
    async handOver(paymentId, fence, handover) {
      const held = await store.handOver(paymentId, fence, handover);
      if (held) hit('after-intent');
      return held;
    },
    async apply(move) {
      const result = await store.apply(move);
      hit('after-outcome');
      return result;
    },
    async claimDue(limit, leaseMs) {
      const due = await store.claimDue(limit, leaseMs);
      if (due.length > 0) hit('after-due');
      return due;
    },
  };
}

function aroundProvider(gate: GuardedProvider, hit: Hit): GuardedProvider {
  return {
    ...gate,
    async admitCharge() {
      const permit = await gate.admitCharge();
      if (!permit.admitted) return permit;
      return {
        ...permit,
        async charge(request, options) {
          hit('before-send');
          const outcome = await permit.charge(request, options);
          hit('after-accept');
          return outcome;
        },
      };
    },
    async queryStatus(query, options) {
      const outcome = await gate.queryStatus(query, options);
      hit('after-word');
      return outcome;
    },
  };
}

function aroundMessages(bus: EventBus, hit: Hit): EventBus {
  return {
    ...bus,
    async publish(messages) {
      hit('before-publish');
      await bus.publish(messages);
      hit('after-publish');
    },
    subscribe: (subscription) =>
      bus.subscribe({
        ...subscription,
        async handle(messages) {
          hit('before-effect');
          const verdicts = await subscription.handle(messages);
          hit('after-effect');
          return verdicts;
        },
      }),
  };
}
