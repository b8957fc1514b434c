/** The two ways to load a server. Both resolve when the last answer is in, or given up. */
import { type Connection, openConnection } from './connection.ts';
import type { LoadResult, LoadSpec } from './load-spec.ts';
import { makePayRequests } from './pay-request.ts';
import { makeRecorder } from './recorder.ts';

/** For what is still due or unanswered when the time is over: a server that is behind is slow, not broken. */
const LAST_ANSWERS_MS = 60_000;
/** The longest nap between two looks at the clock and the sockets; with the timer's slack about twice. */
const NAP_MS = 0.05;

interface InFlight {
  dueAtMs: number;
  sentAtMs: number;
}

/** Each connection sends its next request as soon as the last one was answered. */
export function runClosedLoop(spec: LoadSpec): Promise<LoadResult> {
  const startedAtMs = performance.now();
  return drive(spec, startedAtMs, ({ connections, send, finish }) => {
    const endsAtMs = startedAtMs + spec.warmupMs + spec.measureMs;
    return {
      onIdle(connection) {
        const nowMs = performance.now();
        if (nowMs < endsAtMs && !send.isSpent()) return send(connection, nowMs);
        connections.delete(connection);
        connection.close();
        if (connections.size === 0) finish();
      },
    };
  });
}

/** Request n goes out n intervals after the start, whatever became of the ones before it. */
export function runConstantRate(spec: LoadSpec, ratePerSecond: number): Promise<LoadResult> {
  const intervalMs = 1_000 / ratePerSecond;
  const total = Math.round(((spec.warmupMs + spec.measureMs) / 1_000) * ratePerSecond);
  const startedAtMs = performance.now() + 200;
  const idle = new Set<Connection>();
  const waiter = new Int32Array(new SharedArrayBuffer(4));
  return drive(spec, startedAtMs, ({ send, finish, isDone }) => {
    let next = 0;
    const dueAt = (n: number) => startedAtMs + n * intervalMs;
    const tick = (): void => {
      if (isDone()) return;
      for (const connection of idle) {
        if (next === total || dueAt(next) > performance.now()) break;
        idle.delete(connection);
        send(connection, dueAt(next));
        next += 1;
      }
      if (next === total && idle.size === spec.connections) {
        finish();
        return;
      }
      // Node's timers tick in milliseconds, which is what is measured here.
      Atomics.wait(waiter, 0, 0, NAP_MS);
      setImmediate(tick);
    };
    setImmediate(tick);
    return {
      onIdle: (connection) => void idle.add(connection),
      onGone: (connection) => void idle.delete(connection),
    };
  });
}

interface Driver {
  connections: Set<Connection>;
  send: ((connection: Connection, dueAtMs: number) => void) & { isSpent(): boolean };
  finish(): void;
  isDone(): boolean;
}

interface Plan {
  onIdle(connection: Connection): void;
  onGone?(connection: Connection): void;
}

/** What both loops share: connections, numbering, recording, and an end that comes in any case. */
function drive(
  spec: LoadSpec,
  startedAtMs: number,
  plan: (driver: Driver) => Plan,
): Promise<LoadResult> {
  const { promise, resolve } = Promise.withResolvers<LoadResult>();
  const requestOf = makePayRequests(spec);
  const recorder = makeRecorder(spec, startedAtMs);
  const inFlight = new Map<Connection, InFlight>();
  const connections = new Set<Connection>();
  let sent = 0;
  let done = false;

  const send = (connection: Connection, dueAtMs: number) => {
    inFlight.set(connection, { dueAtMs, sentAtMs: performance.now() });
    connection.send(requestOf(sent));
    sent += 1;
  };
  const isSpent = () => sent >= (spec.maxRequests ?? Number.POSITIVE_INFINITY);
  const finish = () => {
    if (done) return;
    done = true;
    clearTimeout(limit);
    for (const connection of connections) connection.close();
    for (const _ of inFlight) recorder.lost();
    resolve(recorder.result(sent));
  };
  const limitMs = startedAtMs - performance.now() + spec.warmupMs + spec.measureMs;
  const limit = setTimeout(finish, limitMs + LAST_ANSWERS_MS);
  const driver: Driver = {
    connections,
    send: Object.assign(send, { isSpent }),
    finish,
    isDone: () => done,
  };
  const { onIdle, onGone } = plan(driver);
  const take = (connection: Connection): InFlight | undefined => {
    const one = inFlight.get(connection);
    inFlight.delete(connection);
    return one;
  };
  for (let i = 0; i < spec.connections; i += 1) {
    const connection = openConnection({
      host: spec.host,
      port: spec.port,
      onIdle,
      onAnswer(from, status) {
        const one = take(from);
        if (one) recorder.answer(one.dueAtMs, one.sentAtMs, status);
      },
      onLost(from, hadRequest) {
        take(from);
        onGone?.(from);
        if (hadRequest) recorder.lost();
      },
    });
    connections.add(connection);
  }
  return promise;
}
