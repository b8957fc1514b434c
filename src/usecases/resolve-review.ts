/** A person ends a payment in MANUAL_REVIEW. The write is a settlement's; only who decides is another. */
import { NOTHING } from '../domain/decision.ts';
import type { FeeSource } from '../domain/fee.ts';
import type { GuardedProvider } from '../domain/gate.ts';
import { currentAttempt } from '../domain/payment.ts';
import type { Clock } from '../domain/ports.ts';
import type { StatusOutcome } from '../domain/provider.ts';
import {
  type Comparison,
  compareWord,
  type Deed,
  decideResolution,
  isExpired,
  isSamePerson,
  needsSecondPerson,
  type ReviewItem,
  type ReviewOutcome,
  type ReviewProposal,
  type ReviewStore,
  type SecondPersonLimits,
  wordOf,
} from '../domain/review.ts';
import type { Timing } from '../domain/settings.ts';
import type { HeldPayment } from '../domain/store.ts';
import { heardFromQuery } from '../domain/timeline.ts';
import type { Heard, makeDecisionWriter } from './write-decision.ts';

export interface ResolveReviewDeps {
  reviews: ReviewStore;
  gateFor(provider: string, market: string): GuardedProvider | undefined;
  write: ReturnType<typeof makeDecisionWriter>;
  fees: FeeSource;
  clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  timing: Timing;
  limits: SecondPersonLimits;
}

export interface Resolution {
  paymentId: string;
  outcome: ReviewOutcome;
  deed: Deed;
  /** True when `deed` is the second person's, who confirms what another one proposed. */
  confirms: boolean;
  despiteProvider: boolean;
}

export type ResolveResult =
  | { kind: 'resolved'; outcome: ReviewOutcome; heard: string; comparison: Comparison }
  /** A second person must confirm it; nothing else has happened. */
  | { kind: 'proposed'; heard: string; comparison: Comparison }
  | { kind: 'refused'; why: string };

/** A status query with its retries, and the write after it. */
const LEASE_MARGIN_MS = 10_000;
/** The settlement loop holds a payment for as long as one status query takes. */
const TRIES = 20;
const RETRY_MS = 250;

type Asked = Pick<ReviewItem, 'provider' | 'market' | 'providerReference' | 'currency'>;

const NOBODY_TO_ASK: StatusOutcome = {
  ...{ kind: 'unclear', failure: false },
  reason: 'provider-not-configured',
};

const refused = (why: string): ResolveResult => ({ kind: 'refused', why });

export function makeResolveReview(deps: ResolveReviewDeps) {
  const { reviews, timing, clock } = deps;

  async function resolveReview(resolution: Resolution): Promise<ResolveResult> {
    const { paymentId, outcome, deed, confirms } = resolution;
    const item = await reviews.find(paymentId);
    if (!item) return refused(`there is no payment ${paymentId}`);
    if (item.status !== 'MANUAL_REVIEW') return refused(notInReview(item));
    if (confirms) {
      const why = whyNotConfirmed(item, outcome, deed);
      if (why !== null) return refused(why);
    } else if (needsSecondPerson(item, deps.limits)) {
      const heard = await ask(item);
      const comparison = compareWord(item, outcome, heard);
      await reviews.propose(paymentId, outcome, deed);
      return { kind: 'proposed', heard: wordOf(heard), comparison };
    }
    const held = await take(paymentId);
    if (!held) return refused(`${paymentId} is being settled at this moment: look at it again`);
    return await end(held, resolution, confirms ? item.proposal : null);
  }

  async function take(paymentId: string): Promise<HeldPayment | null> {
    for (let tries = 1; ; tries += 1) {
      const held = await reviews.take(paymentId, timing.providerTotalMs + LEASE_MARGIN_MS);
      if (held || tries === TRIES) return held;
      await clock.sleep(RETRY_MS);
    }
  }

  async function end(
    held: HeldPayment,
    { outcome, deed: given, despiteProvider }: Resolution,
    proposal: ReviewProposal | null,
  ): Promise<ResolveResult> {
    // Who confirms without a word of their own confirms the reason too.
    const deed = { ...given, reason: given.reason || (proposal?.reason ?? '') };
    const startedAtMs = clock.monotonicMs();
    const { providerReference } = currentAttempt(held.payment);
    const heard = await ask({ ...held.payment, providerReference });
    const at = new Date(held.heldAt.getTime() + clock.monotonicMs() - startedAtMs);
    const comparison = compareWord(held.payment, outcome, heard);
    const word = wordOf(heard);
    const isDespite = comparison !== 'agrees';
    if (isDespite && !despiteProvider) {
      await giveBack(held, heard, at);
      return refused(whyNotAgreed(comparison, word));
    }
    const decision = decideResolution(outcome, heard, comparison, timing.manualReviewEveryMs);
    const fee = decision.capture ? await deps.fees.feeOf(held.payment) : null;
    const { move } = deps.write(held, decision, told(heard, at, deed), at, fee);
    const facts = { outcome, heard: word, despiteProvider: isDespite, proposal };
    const result = await reviews.resolve(move, deed, facts);
    if (result === 'lost') return refused('somebody else wrote to it meanwhile: look at it again');
    return { kind: 'resolved', outcome, heard: word, comparison };
  }

  async function ask({ provider, market, providerReference, currency }: Asked) {
    const gate = deps.gateFor(provider, market);
    if (!gate) return NOBODY_TO_ASK;
    const query = { reference: providerReference, currency };
    return await gate.queryStatus(query, { timeoutMs: timing.providerTotalMs });
  }

  /** The fence goes back with nothing changed; a final word of the provider's is left to settlement, at once. */
  async function giveBack(held: HeldPayment, heard: StatusOutcome, at: Date): Promise<void> {
    const isFinal = heard.kind === 'succeeded' || heard.kind === 'failed';
    const nextCheckInMs = isFinal ? 0 : timing.manualReviewEveryMs;
    const { move } = deps.write(held, { ...NOTHING, nextCheckInMs }, told(heard, at), at);
    await reviews.giveBack(move);
  }

  return { resolveReview, ask };
}

/** For the timeline: the query, and who decided. */
function told(heard: StatusOutcome, at: Date, deed?: Deed): Heard {
  const evidence = heardFromQuery(heard, at);
  const operator = deed && { by: deed.by, reason: deed.reason };
  return { evidence, statusQueries: 1, ...(operator && { operator }) };
}

/** Where nobody answered, the person may be asking from a place with other settings than the gateway's. */
function whyNotAgreed(comparison: Comparison, word: string): string {
  return comparison === 'silent'
    ? `the provider gave ${word}. Is this where the gateway runs, with its settings? Nothing was changed`
    : `the provider says: ${word}. Nothing was changed`;
}

function notInReview({ paymentId, status }: ReviewItem): string {
  const isFinal = status === 'SUCCEEDED' || status === 'FAILED';
  return isFinal
    ? `${paymentId} is ${status}, for good`
    : `${paymentId} is ${status}: the gateway still finds out by itself`;
}

function whyNotConfirmed(
  { paymentId, proposal }: ReviewItem,
  outcome: ReviewOutcome,
  { by }: Deed,
): string | null {
  if (!proposal) return `nobody has proposed how to end ${paymentId}: do that first, with --by`;
  if (isSamePerson(proposal.proposedBy, by)) {
    return `${proposal.proposedBy} proposed it: another person must confirm it`;
  }
  if (isExpired(proposal)) {
    const at = proposal.proposedAt.toISOString();
    return `${proposal.proposedBy} proposed it at ${at}, over a day ago: look at it again, and propose anew with --by`;
  }
  if (proposal.outcome === outcome) return null;
  return `${proposal.proposedBy} proposed ${proposal.outcome}, not ${outcome}`;
}
