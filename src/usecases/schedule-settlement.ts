import { parseCloudEvent } from '../domain/cloud-event.ts';
import { EVENT_TYPES, type InboundMessage } from '../domain/event.ts';
import type { Verdict } from '../domain/ports.ts';
import type { PaymentStore } from '../domain/store.ts';
import type { Logger, Metrics } from '../domain/telemetry.ts';

export interface ScheduleSettlementDeps {
  store: Pick<PaymentStore, 'processJobs'>;
  /** Delay of the first status query after the outcome, for a provider in a market. */
  firstCheckInMs(provider: string, market: string): number;
  metrics: Metrics;
  logger: Logger;
}

/** What the store takes: anything else would fail with the whole batch, again and again. */
const EVENT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PAYMENT_ID = /^pay_[0-9a-f]{32}$/;

export const JOBS_CONSUMER = 'settlement';

interface Job {
  index: number;
  eventId: string;
  type: string;
  paymentId: string;
  checkInMs: number;
}

/**
 * Handles a batch of jobs in one commit: each new one brings its payment's first status query to its proper
 * time. It changes no state, so neither order nor repetition matters. A store that is away throws, and the
 * batch comes again.
 */
export function makeScheduleSettlement(deps: ScheduleSettlementDeps) {
  const { store, metrics, logger } = deps;

  return async function scheduleSettlement(messages: InboundMessage[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = messages.map(() => ({ kind: 'done' }));
    const jobs: Job[] = [];
    messages.forEach((message, index) => {
      const job = readJob(message, index);
      if ('errorClass' in job) {
        verdicts[index] = { kind: 'dead', errorClass: job.errorClass };
        metrics.eventConsumed('unreadable', 'dead');
        logger.error('a job cannot be read', { topic: message.topic, reason: job.errorClass });
      } else jobs.push(job);
    });
    if (jobs.length === 0) return verdicts;
    const fresh = await store.processJobs(JOBS_CONSUMER, jobs);
    jobs.forEach(({ type }, i) => {
      metrics.eventConsumed(labelOf(type), fresh[i] ? 'done' : 'duplicate');
    });
    return verdicts;
  };

  function readJob({ value }: InboundMessage, index: number): Job | { errorClass: string } {
    const parsed = parseCloudEvent(value ?? '');
    if (!parsed.ok) return { errorClass: parsed.why };
    const { id, type, subject, data } = parsed.event;
    const { provider, market } = data;
    const isJob = EVENT_ID.test(id) && PAYMENT_ID.test(subject);
    if (!isJob || typeof provider !== 'string' || typeof market !== 'string') {
      return { errorClass: 'data-invalid' };
    }
    const checkInMs = deps.firstCheckInMs(provider, market);
    return { index, eventId: id, type, paymentId: subject, checkInMs };
  }
}

/** A label takes none of its values from a message. */
function labelOf(type: string): string {
  return EVENT_TYPES.find((known) => known === type) ?? 'other';
}
