/** `admin review …`: payments that wait for a person. */
import { formatAmount } from '../domain/money.ts';
import type { StatusOutcome } from '../domain/provider.ts';
import {
  type Comparison,
  type Deed,
  isExpired,
  type ReviewItem,
  type ReviewOutcome,
  type ReviewStore,
  reasonForReview,
  wordOf,
} from '../domain/review.ts';
import type { Evidence } from '../domain/timeline.ts';
import type { makeResolveReview } from '../usecases/resolve-review.ts';
import {
  ageOf,
  needed,
  type Print,
  Refusal,
  readArguments,
  tableOf,
  UsageError,
} from './arguments.ts';

export const REVIEW_HELP = `gateway admin review list
gateway admin review show <payment>
gateway admin review resolve <payment> --as SUCCEEDED|FAILED --reason "…" [--by <name>] [--despite-provider]
gateway admin review resolve <payment> --as SUCCEEDED|FAILED --second <name> [--despite-provider]

Payments in MANUAL_REVIEW. \`show\` asks the provider, which moves no money. \`resolve\` asks it once more and ends the
payment as a settlement does: state, ledger, event; it is refused when the provider's word contradicts it, also when
that word is "pending" or when it gives none, unless --despite-provider. The reason is kept in the audit log, with the
name (default: your account's) and hashes of the payment before and after.

Run it with the gateway's own settings: the providers' addresses and REVIEW_SECOND_PERSON_ABOVE are read here.
Above REVIEW_SECOND_PERSON_ABOVE the first \`resolve\` only proposes; another person confirms it with --second, within
a day. Names are what you type: nothing checks them.
A payment that is SUCCEEDED or FAILED stays that.`;

export interface ReviewDeps {
  reviews: ReviewStore;
  resolve: ReturnType<typeof makeResolveReview>['resolveReview'];
  /** The provider's word now. */
  ask(item: ReviewItem): Promise<StatusOutcome>;
  /** The account of the machine. */
  account: string;
  print: Print;
}

const LIMIT = 500;
const OUTCOMES: readonly ReviewOutcome[] = ['SUCCEEDED', 'FAILED'];

export async function runReview(args: string[], deps: ReviewDeps): Promise<void> {
  const { words, options } = readArguments(args, 3, {
    ...{ as: 'text', reason: 'text', by: 'text', second: 'text' },
    'despite-provider': 'flag',
  } as const);
  const [, verb, paymentId] = words;
  switch (verb) {
    case 'list':
      return await list(deps);
    case 'show':
      return await show(needed(paymentId, 'a payment id', REVIEW_HELP), deps);
    case 'resolve':
      return await resolve(needed(paymentId, 'a payment id', REVIEW_HELP), options, deps);
    default:
      throw new UsageError(REVIEW_HELP);
  }
}

const amountOf = ({ amountMinor, currency }: ReviewItem) =>
  `${formatAmount(amountMinor, currency)} ${currency}`;

/** The latest word of the provider itself, if it ever gave one. */
function lastWordOf({ evidence, attemptOutcome }: ReviewItem): string {
  const last = evidence.findLast(({ source }) => source !== 'callback-hint');
  return last ? spoken(last) : (attemptOutcome ?? 'none');
}

function spoken({ source, says, reason }: Evidence): string {
  if (source === 'callback-hint') return `claims ${says}, which proves nothing`;
  const what = source === 'no-answer' ? `no answer to ${says}` : says;
  return reason === null ? what : `${what} (${reason})`;
}

async function list({ reviews, print }: ReviewDeps): Promise<void> {
  const items = await reviews.list(LIMIT);
  if (items.length === 0) return print('no payment waits for a person');
  const head = ['payment', 'age', 'amount', 'provider', 'reference', 'last word', 'why'];
  const rows = items.map((item) => [
    item.paymentId,
    ageOf(item.ageSeconds),
    amountOf(item),
    `${item.provider} ${item.market}`,
    item.providerReference,
    lastWordOf(item),
    reasonForReview(item) + (item.proposal ? `; ${proposalOf(item)}` : ''),
  ]);
  for (const line of tableOf([head, ...rows])) print(line);
  if (items.length === LIMIT) print(`the oldest ${LIMIT}; there may be more`);
}

function proposalOf({ proposal }: ReviewItem): string {
  if (!proposal) return '';
  const { proposedBy, outcome } = proposal;
  return isExpired(proposal)
    ? `${proposedBy} proposed ${outcome} too long ago`
    : `${proposedBy} proposes ${outcome}`;
}

async function show(paymentId: string, deps: ReviewDeps): Promise<void> {
  const { reviews, print } = deps;
  const item = await reviews.find(paymentId);
  if (!item) throw new Refusal(`there is no payment ${paymentId}`);
  const { proposal, nextCheckAt } = item;
  const word = wordOf(await deps.ask(item));
  const lines: (readonly [string, string])[] = [
    ['payment', item.paymentId],
    ['status', item.status],
    ['merchant', item.merchantId],
    ['amount', amountOf(item)],
    ['age', `${ageOf(item.ageSeconds)}, since ${item.createdAt.toISOString()}`],
    ['provider', `${item.provider} ${item.market}`],
    ['reference', `${item.providerReference}  (what the provider's support asks for)`],
    ['why', item.status === 'MANUAL_REVIEW' ? reasonForReview(item) : 'it is not in review'],
    ...item.discrepancies.map(
      ({ id, kind, detail }) => ['discrepancy', `${id} ${kind}: ${detail}`] as const,
    ),
    ['asked', `${item.statusQueries} times; next at ${nextCheckAt?.toISOString() ?? 'no time'}`],
    ...item.evidence.map((one) => [one.source, `${spoken(one)} at ${one.at}`] as const),
    ['provider says', `${word}  (asked just now)`],
    ...(proposal
      ? [
          [
            'proposal',
            `${proposalOf(item)} at ${proposal.proposedAt.toISOString()}: ${proposal.reason}`,
          ] as const,
        ]
      : []),
  ];
  for (const line of tableOf(lines)) print(line);
}

interface ResolveOptions {
  as?: string;
  reason?: string;
  by?: string;
  second?: string;
  'despite-provider'?: boolean;
}

async function resolve(
  paymentId: string,
  options: ResolveOptions,
  deps: ReviewDeps,
): Promise<void> {
  const { print, account } = deps;
  const outcome = OUTCOMES.find((one) => one === options.as);
  if (!outcome) throw new UsageError(`--as is SUCCEEDED or FAILED\n\n${REVIEW_HELP}`);
  const confirms = options.second !== undefined;
  if (confirms && options.by !== undefined) {
    throw new UsageError('--by proposes and --second confirms: two people, two commands');
  }
  const deed: Deed = {
    by: needed(options.second ?? options.by ?? account, 'a name', REVIEW_HELP),
    reason: confirms
      ? (options.reason?.trim() ?? '')
      : needed(options.reason, '--reason', REVIEW_HELP),
    via: account,
  };
  const despiteProvider = options['despite-provider'] ?? false;
  const result = await deps.resolve({ paymentId, outcome, deed, confirms, despiteProvider });
  switch (result.kind) {
    case 'refused':
      throw new Refusal(`not done: ${result.why}`);
    case 'proposed':
      print(`proposed by ${deed.by}: ${paymentId} ends ${outcome}. Nothing else has happened.`);
      print(`The provider says: ${result.heard}. Another person confirms it:`);
      return print(`  ${confirmation(paymentId, outcome, result.comparison)}`);
    case 'resolved':
      print(`${paymentId} is ${outcome}, by ${deed.by}; the provider said: ${result.heard}`);
      if (result.comparison !== 'agrees') {
        print(
          'The provider is asked until it says how it ended; a word that contradicts becomes a discrepancy.',
        );
      }
  }
}

function confirmation(paymentId: string, outcome: ReviewOutcome, comparison: Comparison): string {
  const despite = comparison === 'agrees' ? '' : ' --despite-provider';
  return `gateway admin review resolve ${paymentId} --as ${outcome} --second <name>${despite}`;
}
