/** A worker process: the loops that production runs, over doubles, and a consumer of the events. */
import { makeAnswerRenderer } from '../../src/adapters/http/answers.ts';
import { TOPICS } from '../../src/domain/event.ts';
import { makeRelay } from '../../src/usecases/relay-outbox.ts';
import { startSettlements } from '../../src/usecases/run-settlements.ts';
import { JOBS_CONSUMER, makeScheduleSettlement } from '../../src/usecases/schedule-settlement.ts';
import { makeSettlePayment } from '../../src/usecases/settle-payment.ts';
import { makeDecisionWriter } from '../../src/usecases/write-decision.ts';
import { type FakeBus, makeFakeEventBus } from './fake-bus.ts';
import { makeFakeOutbox } from './fake-outbox.ts';
import { type Host, makeHost } from './host.ts';
import { makeReporter, REPORT_GROUP } from './reporter.ts';
import { makeIds, silentLogger, silentMetrics, TIERS, TIMING, type World } from './world.ts';

export interface WorkerProcess {
  isAlive(): boolean;
  crash(): void;
}

/** As in `src/worker.ts`. */
const SETTLE_MARGIN_MS = 10_000;
/** The server notices that a worker is dead, or silent, after at most this. */
const SESSION_MS = 15_000;
const BROKER_SESSION_MS = 10_000;
/** Longer pauses than in production: an idle loop costs a step each time. */
const IDLE_MS = 2_500;

const render = makeAnswerRenderer();

export function startWorkerProcess(
  world: World,
  { name, onCrash }: { name: string; onCrash(): void },
): WorkerProcess {
  const { scheduler, dice, chaos } = world;
  const host = makeHost(world, {
    name,
    callBack() {},
    onPause(ms) {
      if (ms > SESSION_MS) scheduler.after(SESSION_MS, '', outbox.endSessions);
      if (ms <= BROKER_SESSION_MS) return;
      scheduler.after(BROKER_SESSION_MS, `the brokers give up on ${name}`, bus.leave);
      host.machine.resume(ms, `${name} joins its groups again`, bus.rejoin);
    },
    onCrash() {
      scheduler.after(dice.between(0, SESSION_MS), '', outbox.endSessions);
      scheduler.after(dice.between(0, BROKER_SESSION_MS), '', bus.leave);
      onCrash();
    },
  });
  const { machine } = host;
  const busWire = machine.wire({
    shareOf: ({ busShare }) => busShare,
    failure: () => new Error('the brokers do not answer'),
  });
  const outboxWire = machine.wire({
    shareOf: ({ storeShare }) => storeShare,
    failure: () => new Error('the connection was lost'),
  });
  const bus = makeFakeEventBus({
    ...{ broker: world.broker, wire: busWire, clock: machine.clock, tiers: TIERS },
    ...{ logger: silentLogger, metrics: silentMetrics },
    storedPart: (count) =>
      !chaos.healed && dice.chance(chaos.faults.busShare) ? dice.below(count + 1) : count,
  });
  const outbox = makeFakeOutbox(world.tables, world.locks, outboxWire);
  void startLoops(world, host, bus, outbox);
  return { isAlive: machine.isAlive, crash: machine.crash };
}

async function startLoops(
  world: World,
  { machine, store, gates }: Host,
  bus: FakeBus,
  outbox: ReturnType<typeof makeFakeOutbox>,
): Promise<void> {
  const { clock } = machine;
  const [logger, metrics] = [silentLogger, silentMetrics];
  const relay = makeRelay({ outbox, bus, clock, logger, metrics, pollMs: IDLE_MS });
  relay.start();
  const firstCheckInMs = () => TIMING.firstStatusQueryMs;
  const handle = makeScheduleSettlement({ store, firstCheckInMs, metrics, logger });
  await bus.subscribe({ group: JOBS_CONSUMER, topic: TOPICS.jobs, handle });
  const report = makeReporter(world, machine);
  await bus.subscribe({ group: REPORT_GROUP, topic: TOPICS.events, handle: report });
  const settle = makeSettlePayment({
    ...{ store, clock, timing: TIMING, metrics, logger },
    gateFor: (provider) => gates.get(provider),
    write: makeDecisionWriter({ render, ids: makeIds(world), timing: TIMING }),
    random: world.dice.next,
  });
  const leaseMs = TIMING.providerTotalMs + SETTLE_MARGIN_MS;
  const pace = { leaseMs, concurrency: 4, idleMs: IDLE_MS };
  startSettlements({ store, settle, clock, logger, ...pace });
}
