/** Role `worker`: relay, jobs, settlement, seals and pruning. Stateless: any number of copies. */
import type pg from 'pg';
import { makeLifecycle } from './adapters/http/lifecycle.ts';
import { makeFeeSource } from './adapters/postgres/fees.ts';
import { makeReadGauges } from './adapters/postgres/gauges.ts';
import { makeSealStore } from './adapters/postgres/ledger-seals.ts';
import { makeOutboxSource } from './adapters/postgres/outbox-relay.ts';
import { makePrune } from './adapters/postgres/prune.ts';
import { databaseCheck, running, startOps } from './api.ts';
import { type Core, makeCore } from './composition/core.ts';
import type { ProcessParts, RunningRole } from './composition/process.ts';
import { openPool, waitForSchema } from './composition/servers.ts';
import { TOPICS } from './domain/event.ts';
import type { EventBus } from './domain/ports.ts';
import { makeRelay } from './usecases/relay-outbox.ts';
import { startRepeating } from './usecases/repeat.ts';
import { startSettlements } from './usecases/run-settlements.ts';
import { JOBS_CONSUMER, makeScheduleSettlement } from './usecases/schedule-settlement.ts';
import { makeSealLedger } from './usecases/seal-ledger.ts';
import { makeSettlePayment } from './usecases/settle-payment.ts';

const DAY_MS = 86_400_000;
const PRUNE_EVERY_MS = 60_000;
/** How long what was booked is without a seal; each seal is a row for ever. */
const SEAL_EVERY_MS = 60_000;
const GAUGES_EVERY_MS = 5_000;
/** A status query with its retries, and the write after it. */
const SETTLE_MARGIN_MS = 10_000;

export interface WorkerOverrides {
  /** In place of Kafka: a test's own topics, or the embedded bus. The worker closes it. */
  makeBus?(pool: pg.Pool): EventBus;
}

export async function startWorker(
  parts: ProcessParts,
  overrides: WorkerOverrides = {},
): Promise<RunningRole> {
  const { clock, logger } = parts;
  await using starting = new AsyncDisposableStack();
  const pool = openPool(parts);
  starting.defer(() => pool.end());
  await waitForSchema(pool, parts);
  const bus = overrides.makeBus?.(pool) ?? (await openBus(parts));
  starting.defer(() => bus.close());
  const core = makeCore(parts, pool, starting);
  const lifecycle = makeLifecycle({ deregistrationDelayMs: 0, clock, logger });
  const ops = await startOps(parts, lifecycle, [databaseCheck(core)], starting);
  await startLoops(core, bus, starting);
  return running({ ops }, lifecycle, starting.move());
}

/** Loaded here: `dev`, which starts loops of this file, has no Kafka. */
async function openBus(parts: ProcessParts): Promise<EventBus> {
  const { openKafka } = await import('./composition/kafka.ts');
  return await openKafka(parts);
}

/** The loops that the configuration names; `dev` runs all of them beside its api. */
export async function startLoops(
  core: Core,
  plainBus: EventBus,
  stack: AsyncDisposableStack,
): Promise<void> {
  const { parts, pool, store, providers, write } = core;
  const { config, clock, logger, metrics } = parts;
  const { timing, workerLoops } = config;
  const { gateFor } = providers;
  const bus = core.failpoints.bus(plainBus);

  if (workerLoops.includes('relay')) {
    const outbox = makeOutboxSource(pool);
    const relay = makeRelay({ outbox, bus, clock, logger, metrics });
    relay.start();
    stack.defer(() => relay.close());
  }
  if (workerLoops.includes('jobs')) {
    const firstCheckInMs = makeFirstCheck(core);
    const handle = makeScheduleSettlement({ store, firstCheckInMs, metrics, logger });
    const jobs = await bus.subscribe({ group: JOBS_CONSUMER, topic: TOPICS.jobs, handle });
    stack.defer(() => jobs.close());
  }
  if (workerLoops.includes('settle')) {
    const random = Math.random;
    const fees = makeFeeSource(pool, clock);
    const settleDeps = { store, gateFor, write, fees, clock, random, timing, metrics, logger };
    const settle = makeSettlePayment(settleDeps);
    const leaseMs = timing.providerTotalMs + SETTLE_MARGIN_MS;
    const concurrency = config.limits.bulkhead.status.maxConcurrent;
    const settling = startSettlements({ store, settle, clock, logger, leaseMs, concurrency });
    stack.defer(() => settling.close());
    const gauges = makeReadGauges(pool, metrics);
    const task = () => gauges().then(() => 'done' as const);
    stack.use(repeating('gauges', GAUGES_EVERY_MS, task));
  }
  if (workerLoops.includes('seal')) {
    const task = makeSealLedger(makeSealStore(pool), logger);
    stack.use(repeating('seal', SEAL_EVERY_MS, task));
  }
  if (workerLoops.includes('prune')) {
    const prune = makePrune(pool, { answersMs: config.limits.replayDays * DAY_MS });
    const task = async () => ((await prune()) > 0 ? 'more' : 'done');
    stack.use(repeating('prune', PRUNE_EVERY_MS, task as () => Promise<'more' | 'done'>));
  }

  function repeating(name: string, everyMs: number, task: () => Promise<'more' | 'done'>) {
    const loop = startRepeating({ name, everyMs, task, clock, logger });
    return { [Symbol.asyncDispose]: () => loop.close() };
  }
}

/** The profile's delay; in `standard`, the provider's own advice when it is longer. */
function makeFirstCheck({ parts, providers }: Core) {
  const { timing, timingProfile } = parts.config;
  return (provider: string, market: string): number => {
    const advisedMs = providers.gateFor(provider, market)?.provider.firstStatusQueryMs ?? 0;
    return timingProfile === 'standard'
      ? Math.max(timing.firstStatusQueryMs, advisedMs)
      : timing.firstStatusQueryMs;
  };
}
