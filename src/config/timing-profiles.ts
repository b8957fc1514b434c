/** The two timing profiles. Each cell is a variable of its own that wins over the profile. */
import type { Timing } from '../domain/settings.ts';
import { type Parse, parseInteger, type SettingReader } from './setting-reader.ts';

export const TIMING_PROFILES = ['demo', 'standard'] as const;
export type TimingProfile = (typeof TIMING_PROFILES)[number];

export interface RateLimitConfig {
  merchantPerMinute: number;
  /** For callers without a valid key. */
  addressPerMinute: number;
}

export interface TimingConfig {
  timing: Timing;
  rateLimits: RateLimitConfig;
  /** Still served after SIGTERM, until no load balancer sends anything any more. */
  deregistrationDelayMs: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const DEMO: TimingConfig = {
  timing: {
    breaker: {
      volume: 3,
      failurePercent: 60,
      windowMs: 10 * SECOND,
      resetMs: 10 * SECOND,
      resetGrowth: 1,
      resetMaxMs: 10 * SECOND,
    },
    providerConnectMs: SECOND,
    providerTotalMs: 3 * SECOND,
    handlerMs: 6 * SECOND,
    leaseMs: 10 * SECOND,
    firstStatusQueryMs: SECOND,
    graceMs: 5 * SECOND,
    statusDelaysMs: [1, 2, 3, 5, 10].map((seconds) => seconds * SECOND),
    manualReviewAfterMs: 30 * MINUTE,
    manualReviewEveryMs: 10 * SECOND,
    closeAfterMs: DAY,
  },
  rateLimits: { merchantPerMinute: 600_000, addressPerMinute: 60_000 },
  deregistrationDelayMs: 0,
};

const STANDARD: TimingConfig = {
  timing: {
    breaker: {
      volume: 20,
      failurePercent: 60,
      windowMs: 30 * SECOND,
      resetMs: 30 * SECOND,
      resetGrowth: 2,
      resetMaxMs: 5 * MINUTE,
    },
    providerConnectMs: 2 * SECOND,
    providerTotalMs: 10 * SECOND,
    handlerMs: 15 * SECOND,
    leaseMs: 30 * SECOND,
    firstStatusQueryMs: 5 * SECOND,
    graceMs: 10 * MINUTE,
    statusDelaysMs: [
      ...[2, 5, 15].map((seconds) => seconds * SECOND),
      ...[1, 5].map((minutes) => minutes * MINUTE),
      ...[HOUR, DAY, DAY, DAY, DAY, DAY],
    ],
    manualReviewAfterMs: null,
    manualReviewEveryMs: DAY,
    closeAfterMs: DAY,
  },
  rateLimits: { merchantPerMinute: 6_000, addressPerMinute: 600 },
  deregistrationDelayMs: 10 * SECOND,
};

export const PROFILES: Readonly<Record<TimingProfile, TimingConfig>> = {
  demo: DEMO,
  standard: STANDARD,
};

const MAX_DELAYS = 100;
/** Due times live in the database, not in timers: years are fine. */
const MAX_DUE_MS = 1_000 * DAY;

const parseDelays: Parse<readonly number[]> = (text) => {
  const delays = text.split(',').map((part) => parseInteger(part.trim(), 1, MAX_DUE_MS));
  const isWhole = delays.length <= MAX_DELAYS && !delays.includes(undefined);
  return isWhole ? (delays as number[]) : undefined;
};

function readBreaker(reader: SettingReader, cells: Timing['breaker']): Timing['breaker'] {
  return {
    volume: reader.integer('BREAKER_VOLUME', cells.volume, { min: 1, max: 1_000_000 }),
    failurePercent: reader.integer('BREAKER_FAILURE_PERCENT', cells.failurePercent, {
      min: 1,
      max: 99,
    }),
    windowMs: reader.milliseconds('BREAKER_WINDOW_MS', cells.windowMs, 1_000),
    resetMs: reader.milliseconds('BREAKER_RESET_MS', cells.resetMs),
    resetGrowth: reader.integer('BREAKER_RESET_GROWTH', cells.resetGrowth, { min: 1, max: 2 }),
    resetMaxMs: reader.milliseconds('BREAKER_RESET_MAX_MS', cells.resetMaxMs),
  };
}

function readDue(reader: SettingReader, name: string, fallback: number): number {
  return reader.integer(name, fallback, { min: 1, max: MAX_DUE_MS });
}

/** 0 stands for null: in manual review when the delays have run out. */
function readManualReviewAfter(reader: SettingReader, fallback: number | null): number | null {
  const name = 'MANUAL_REVIEW_AFTER_MS';
  return reader.integer(name, fallback ?? 0, { min: 0, max: MAX_DUE_MS }) || null;
}

export function readTiming(reader: SettingReader, profile: TimingProfile): TimingConfig {
  const { timing, rateLimits, deregistrationDelayMs } = PROFILES[profile];
  const perMinute = (name: string, fallback: number) =>
    reader.integer(name, fallback, { min: 1, max: 1_000_000_000 });
  return {
    timing: {
      breaker: readBreaker(reader, timing.breaker),
      providerConnectMs: reader.milliseconds('PROVIDER_CONNECT_MS', timing.providerConnectMs),
      providerTotalMs: reader.milliseconds('PROVIDER_TOTAL_MS', timing.providerTotalMs),
      handlerMs: reader.milliseconds('HANDLER_MS', timing.handlerMs),
      leaseMs: reader.milliseconds('LEASE_MS', timing.leaseMs),
      firstStatusQueryMs: readDue(reader, 'FIRST_STATUS_QUERY_MS', timing.firstStatusQueryMs),
      graceMs: readDue(reader, 'GRACE_MS', timing.graceMs),
      statusDelaysMs: reader.value(
        'STATUS_DELAYS_MS',
        timing.statusDelaysMs,
        `up to ${MAX_DELAYS} whole milliseconds, comma-separated`,
        parseDelays,
      ),
      manualReviewAfterMs: readManualReviewAfter(reader, timing.manualReviewAfterMs),
      manualReviewEveryMs: readDue(reader, 'MANUAL_REVIEW_EVERY_MS', timing.manualReviewEveryMs),
      closeAfterMs: readDue(reader, 'CLOSE_AFTER_MS', timing.closeAfterMs),
    },
    rateLimits: {
      merchantPerMinute: perMinute('RATE_LIMIT_MERCHANT_PER_MIN', rateLimits.merchantPerMinute),
      addressPerMinute: perMinute('RATE_LIMIT_ADDRESS_PER_MIN', rateLimits.addressPerMinute),
    },
    deregistrationDelayMs: reader.milliseconds('DEREGISTRATION_DELAY_MS', deregistrationDelayMs, 0),
  };
}
