/** A guarded provider on mocked timers, with a provider whose every call the test ends by hand. */
import type { TestContext } from 'node:test';
import {
  type GuardedProviderOptions,
  makeGuardedProvider,
} from '../../src/adapters/breaker/guarded-provider.ts';
import { makeRetryBudget } from '../../src/adapters/breaker/retry-budget.ts';
import type { ChargePermit, GuardedProvider } from '../../src/domain/gate.ts';
import type { Clock } from '../../src/domain/ports.ts';
import type {
  ChargeOutcome,
  ChargeRequest,
  PaymentProvider,
  StatusOutcome,
} from '../../src/domain/provider.ts';
import type { BreakerTiming } from '../../src/domain/settings.ts';
import type { Logger, Metrics } from '../../src/domain/telemetry.ts';

export const DEMO_TIMING: BreakerTiming = {
  volume: 3,
  failurePercent: 60,
  windowMs: 10_000,
  resetMs: 10_000,
  resetGrowth: 1,
  resetMaxMs: 10_000,
};

export const accepted: ChargeOutcome = { kind: 'accepted', failure: false, duplicate: false };
export const refused: ChargeOutcome = {
  kind: 'not_taken',
  failure: true,
  cause: 'refused',
  reason: 'http-503',
  providerCode: 'SERVICE_UNAVAILABLE',
};
export const notSent: ChargeOutcome = {
  kind: 'not_taken',
  failure: false,
  cause: 'not-sent',
  reason: 'no-time-left',
  providerCode: null,
};
export const timedOut: ChargeOutcome = { kind: 'unknown', failure: true, reason: 'timeout' };
export const declined: ChargeOutcome = {
  kind: 'declined',
  failure: false,
  why: { code: 'insufficient-funds', providerCode: 'NOT_ENOUGH_FUNDS', detail: 'Not enough.' },
};
export const pending: StatusOutcome = { kind: 'pending', failure: false };
export const unclear: StatusOutcome = { kind: 'unclear', failure: true, reason: 'timeout' };

export const request: ChargeRequest = {
  reference: 'ref-1',
  paymentId: 'pay_1',
  amountMinor: 2_000n,
  currency: 'ZMW',
  msisdn: '+260971234567',
  description: null,
  callbackUrl: null,
};
export const query = { reference: 'ref-1', currency: 'ZMW' };

/** A call that has reached the provider. */
export interface Call<T> {
  timeoutMs: number;
  end(outcome: T): void;
  fail(error: Error): void;
}

export interface Rig {
  guarded: GuardedProvider;
  charges: Call<ChargeOutcome>[];
  statuses: Call<StatusOutcome>[];
  /** Every metric as text, in order. */
  metrics: string[];
  logs: string[];
  clock: Clock;
  /** Moves the mocked time in small steps, so that timers see the time at which they fire. */
  advance(ms: number): Promise<void>;
  /** One whole charge: admitted, sent, ended. Its outcome, or the refusal's code. */
  charge(outcome: ChargeOutcome): Promise<string>;
  permit(): Promise<ChargePermit>;
}

export const STEP_MS = 100;

/** Lets everything run that waits for promises only. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function mockedClock(): Clock {
  return {
    now: () => new Date(),
    monotonicMs: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

function recordingMetrics(lines: string[]): Metrics {
  const handler = {
    get:
      (_: object, name: string) =>
      (...values: unknown[]) => {
        lines.push([name, ...values.map(showLabel)].join(' '));
      },
  };
  return new Proxy({}, handler) as Metrics;
}

function showLabel(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).join('/');
}

function recordingLogger(lines: string[]): Logger {
  const write = (message: string) => void lines.push(message);
  const logger: Logger = { debug: write, info: write, warn: write, error: write, child };
  function child(): Logger {
    return logger;
  }
  return logger;
}

function scriptedProvider(rig: Pick<Rig, 'charges' | 'statuses'>): PaymentProvider {
  function begin<T>(calls: Call<T>[], timeoutMs: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    calls.push({ timeoutMs, end: resolve, fail: reject });
    return promise;
  }
  return {
    name: 'AIRTEL',
    market: 'ZM',
    currencies: ['ZMW'],
    maxAmountMinor: {},
    firstStatusQueryMs: 1_000,
    spellReference: () => 'ref-1',
    charge: (_request, { timeoutMs }) => begin(rig.charges, timeoutMs),
    queryStatus: (_query, { timeoutMs }) => begin(rig.statuses, timeoutMs),
    parseCallback: () => ({ ok: false, why: 'malformed' }),
    close: async () => {},
  };
}

export function makeRig(t: TestContext, options: Partial<GuardedProviderOptions> = {}): Rig {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 0 });
  const seen = {
    charges: [] as Call<ChargeOutcome>[],
    statuses: [] as Call<StatusOutcome>[],
    metrics: [] as string[],
    logs: [] as string[],
  };
  const clock = mockedClock();
  const guarded = makeGuardedProvider({
    provider: scriptedProvider(seen),
    timing: DEMO_TIMING,
    bulkhead: {
      charge: { maxConcurrent: 1_000, maxQueue: 0, queueMs: 250 },
      status: { maxConcurrent: 1_000, maxQueue: 0, queueMs: 250 },
    },
    retryBudget: makeRetryBudget({ clock }),
    clock,
    metrics: recordingMetrics(seen.metrics),
    logger: recordingLogger(seen.logs),
    random: () => 0,
    ...options,
  });
  t.after(() => guarded.close());

  async function permit(): Promise<ChargePermit> {
    const admission = await guarded.admitCharge();
    if (!admission.admitted) throw new Error(`not admitted: ${admission.code}`);
    return admission;
  }

  return {
    guarded,
    ...seen,
    clock,
    permit,
    async advance(ms) {
      for (let done = 0; done < ms; done += STEP_MS) {
        t.mock.timers.tick(Math.min(STEP_MS, ms - done));
        await settle();
      }
    },
    async charge(outcome) {
      const admission = await guarded.admitCharge();
      if (!admission.admitted) return admission.code;
      const charging = admission.charge(request, { timeoutMs: 3_000 });
      seen.charges.at(-1)?.end(outcome);
      return (await charging).kind;
    },
  };
}
