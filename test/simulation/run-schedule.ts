/** One schedule, from its seed to the verdict of the checkers. */
import { type ApiProcess, startApiProcess } from './api-process.ts';
import { checkAll } from './checkers.ts';
import { drawWishes, runSender, sendersOf } from './merchants.ts';
import { startWorkerProcess } from './worker-process.ts';
import { makeWorld, type Violation, type World, type WorldOptions } from './world.ts';

export interface ScheduleResult {
  seed: number;
  violations: Violation[];
  steps: number;
  payments: number;
  requests: number;
  faults: number;
  failovers: number;
  trace: string[];
}

const LONGEST_CHAOS_MS = 60_000;
/** Virtual time: every wait of the timing is much shorter. */
const REST_WITHIN_MS = 1_800_000;
const RESTART_MS = 10_000;

export async function runSchedule(
  seed: number,
  options: WorldOptions = {},
): Promise<ScheduleResult> {
  const world = makeWorld(seed, options);
  const { scheduler, dice, chaos, redis, tables, violations } = world;
  const apis = ['A', 'B'].map((name) =>
    keepRunning<ApiProcess>(world, name, (onCrash) =>
      startApiProcess(world, {
        ...{ name, onCrash },
        callBack: (...callback) =>
          dice
            .pick(apis)()
            .callBack(...callback),
      }),
    ),
  );
  for (const name of ['W1', 'W2']) {
    keepRunning(world, name, (onCrash) => startWorkerProcess(world, { name, onCrash }));
  }
  let sending = 0;
  for (const wish of drawWishes(world)) {
    for (const content of sendersOf(world, wish)) {
      sending += 1;
      void runSender(world, content, apis).then(() => {
        sending -= 1;
      });
    }
  }
  const healMs = dice.between(10_000, LONGEST_CHAOS_MS);
  for (let left = chaos.faults.redisForgets; left > 0; left -= 1) {
    scheduler.after(dice.between(0, healMs), 'Redis forgets everything', () => {
      chaos.injected += 1;
      redis.clear();
    });
  }
  scheduler.after(healMs, 'ALL FAULTS END', () => {
    chaos.healed = true;
  });
  const limitMs = healMs + REST_WITHIN_MS;
  const isOver = () => violations.length > 0 || (chaos.healed && sending === 0 && isAtRest(world));
  await scheduler.runUntil(isOver, limitMs);
  if (violations.length === 0 && !isOver()) {
    violations.push({ checker: 'comes to rest', detail: describeRest(world, sending) });
  }
  if (violations.length === 0) violations.push(...checkAll(world));
  return {
    seed,
    violations,
    steps: scheduler.steps(),
    payments: tables.payments.size,
    requests: world.requests.length,
    faults: chaos.injected,
    failovers: [...tables.payments.values()].filter(({ payment }) => payment.attempts.length > 1)
      .length,
    trace: scheduler.trace,
  };
}

/** Starts a process, and another one in its place whenever it dies. */
function keepRunning<T>(
  { scheduler, dice }: World,
  name: string,
  start: (onCrash: () => void) => T,
): () => T {
  let current: T;
  const launch = () => {
    current = start(() => {
      scheduler.after(dice.between(100, RESTART_MS), `${name} starts again`, launch);
    });
  };
  launch();
  return () => current;
}

function isAtRest(world: World): boolean {
  const { tables, book, broker } = world;
  for (const { payment, nextCheckAtMs } of tables.payments.values()) {
    const ended = payment.status === 'SUCCEEDED' || payment.status === 'FAILED';
    const listed = payment.status === 'MANUAL_REVIEW' && tookAnotherAmount(world, payment.id);
    if (ended ? nextCheckAtMs !== null : !listed) return false;
  }
  if (book.charges.some(({ status }) => status === 'PENDING')) return false;
  return tables.outbox.every(({ published }) => published) && broker.lag() === 0;
}

function tookAnotherAmount({ book }: World, paymentId: string): boolean {
  return book.charges.some(
    (charge) => charge.paymentId === paymentId && charge.amountMinor !== charge.askedMinor,
  );
}

function describeRest({ tables, broker, book }: World, sending: number): string {
  const payments = [...tables.payments.values()].map(
    ({ payment, attemptOutcome, nextCheckAtMs }) =>
      `${payment.id} ${payment.status} ${attemptOutcome} next ${nextCheckAtMs}`,
  );
  const unpublished = tables.outbox.filter(({ published }) => !published).length;
  const pending = book.charges.filter(({ status }) => status === 'PENDING').length;
  const rest = `${sending} sending, ${unpublished} unpublished, lag ${broker.lag()}, ${pending} pending`;
  return [...payments, rest].join('; ');
}
