/** Limits that do not depend on the timing profile, each with its reason in `.env.example`. */
import type { SettingReader } from './setting-reader.ts';

export interface BulkheadConfig {
  maxConcurrent: number;
  maxQueue: number;
  queueMs: number;
}

export interface LimitsConfig {
  /** Requests at work at once in this process; above it `overloaded`. */
  maxInFlight: number;
  /** Delay of the event loop; above it `overloaded`. */
  maxEventLoopDelayMs: number;
  /** Per provider and market. */
  bulkhead: { charge: BulkheadConfig; status: BulkheadConfig };
  /** How long an answer is kept for replay. */
  replayDays: number;
  /** From SIGTERM to the end, the deregistration delay included. */
  drainMs: number;
  /** What the platform waits between SIGTERM and SIGKILL. */
  stopTimeoutMs: number;
  keepAliveMs: number;
  /** When the load balancer in front closes an idle connection. */
  loadBalancerIdleMs: number;
}

export function readLimits(reader: SettingReader): LimitsConfig {
  const count = (name: string, fallback: number, min = 1) =>
    reader.integer(name, fallback, { min, max: 100_000 });
  return {
    maxInFlight: count('MAX_IN_FLIGHT', 1_000),
    maxEventLoopDelayMs: reader.milliseconds('MAX_EVENT_LOOP_DELAY_MS', 500),
    bulkhead: {
      charge: {
        maxConcurrent: count('BULKHEAD_CONCURRENT', 256),
        maxQueue: count('BULKHEAD_QUEUE', 128, 0),
        queueMs: reader.milliseconds('BULKHEAD_QUEUE_MS', 250),
      },
      status: {
        maxConcurrent: count('STATUS_BULKHEAD_CONCURRENT', 64),
        maxQueue: count('STATUS_BULKHEAD_QUEUE', 256, 0),
        queueMs: reader.milliseconds('STATUS_BULKHEAD_QUEUE_MS', 1_000),
      },
    },
    replayDays: reader.integer('REPLAY_DAYS', 30, { min: 1, max: 3_650 }),
    drainMs: reader.milliseconds('DRAIN_MS', 30_000),
    stopTimeoutMs: reader.milliseconds('STOP_TIMEOUT_MS', 60_000),
    keepAliveMs: reader.milliseconds('KEEP_ALIVE_MS', 65_000),
    loadBalancerIdleMs: reader.milliseconds('LOAD_BALANCER_IDLE_MS', 60_000),
  };
}
