/**
 * AMB-10: deadlines shrink from the caller inwards. Checked at start, so that no setting can turn
 * it around.
 */
import type { ConfigProblem } from '../domain/provider-definition.ts';
import type { LimitsConfig } from './limits.ts';
import type { TimingConfig } from './timing-profiles.ts';

export interface DeadlineSettings extends TimingConfig {
  limits: LimitsConfig;
  statementTimeoutMs: number;
  redisCommandTimeoutMs: number;
}

/**
 * Between the end of a handler and the end of its lease: the last commit, a late timer, a busy
 * process.
 */
export const LEASE_MARGIN_MS = 2_000;

/** A window must see enough calls end by timeout: the breaker counts calls when they end. */
const WINDOW_TOTALS = 3;

type Relation = [holds: boolean, rule: string, ...variables: string[]];

function relations(settings: DeadlineSettings): Relation[] {
  const { timing, limits, statementTimeoutMs, redisCommandTimeoutMs } = settings;
  const { breaker, providerConnectMs, providerTotalMs, handlerMs, leaseMs } = timing;
  const { graceMs, manualReviewAfterMs, closeAfterMs } = timing;
  const { charge } = limits.bulkhead;
  const below = (smaller: string, less: number, larger: string, more: number): Relation => [
    less < more,
    `${smaller} < ${larger}`,
    smaller,
    larger,
  ];
  return [
    below('PROVIDER_CONNECT_MS', providerConnectMs, 'PROVIDER_TOTAL_MS', providerTotalMs),
    below('PROVIDER_TOTAL_MS', providerTotalMs, 'HANDLER_MS', handlerMs),
    below('DATABASE_STATEMENT_TIMEOUT_MS', statementTimeoutMs, 'HANDLER_MS', handlerMs),
    below('REDIS_COMMAND_TIMEOUT_MS', redisCommandTimeoutMs, 'HANDLER_MS', handlerMs),
    below('BULKHEAD_QUEUE_MS', charge.queueMs, 'HANDLER_MS', handlerMs),
    [
      handlerMs + LEASE_MARGIN_MS <= leaseMs,
      `HANDLER_MS + ${LEASE_MARGIN_MS} <= LEASE_MS`,
      'HANDLER_MS',
      'LEASE_MS',
    ],
    // Both are counted from the dispatch: before the grace is over no "not found" can count.
    [
      leaseMs + graceMs < closeAfterMs,
      'LEASE_MS + GRACE_MS < CLOSE_AFTER_MS',
      ...['LEASE_MS', 'GRACE_MS', 'CLOSE_AFTER_MS'],
    ],
    [
      manualReviewAfterMs === null || leaseMs + graceMs < manualReviewAfterMs,
      'LEASE_MS + GRACE_MS < MANUAL_REVIEW_AFTER_MS, or 0',
      ...['LEASE_MS', 'GRACE_MS', 'MANUAL_REVIEW_AFTER_MS'],
    ],
    [
      breaker.windowMs >= WINDOW_TOTALS * providerTotalMs,
      `BREAKER_WINDOW_MS >= ${WINDOW_TOTALS} x PROVIDER_TOTAL_MS`,
      'BREAKER_WINDOW_MS',
      'PROVIDER_TOTAL_MS',
    ],
    below('PROVIDER_TOTAL_MS', providerTotalMs, 'BREAKER_RESET_MS', breaker.resetMs),
    [
      breaker.resetMs <= breaker.resetMaxMs,
      'BREAKER_RESET_MS <= BREAKER_RESET_MAX_MS',
      'BREAKER_RESET_MS',
      'BREAKER_RESET_MAX_MS',
    ],
    // One provider that hangs must not fill the process.
    [
      charge.maxConcurrent + charge.maxQueue < limits.maxInFlight,
      'BULKHEAD_CONCURRENT + BULKHEAD_QUEUE < MAX_IN_FLIGHT',
      'BULKHEAD_CONCURRENT',
      'BULKHEAD_QUEUE',
      'MAX_IN_FLIGHT',
    ],
    below('LOAD_BALANCER_IDLE_MS', limits.loadBalancerIdleMs, 'KEEP_ALIVE_MS', limits.keepAliveMs),
    [
      settings.deregistrationDelayMs + handlerMs < limits.drainMs,
      'DEREGISTRATION_DELAY_MS + HANDLER_MS < DRAIN_MS',
      'DEREGISTRATION_DELAY_MS',
      'HANDLER_MS',
      'DRAIN_MS',
    ],
    below('DRAIN_MS', limits.drainMs, 'STOP_TIMEOUT_MS', limits.stopTimeoutMs),
  ];
}

export function deadlineProblems(settings: DeadlineSettings): ConfigProblem[] {
  return relations(settings)
    .filter(([holds]) => !holds)
    .map(([, rule, ...variables]) => ({ variable: variables.join(', '), expected: rule }));
}
