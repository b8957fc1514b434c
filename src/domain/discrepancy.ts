/** A provider's word that contradicts what we said for good, as an object that a person closes. */
import { formatAmount } from './money.ts';
import type { Deed } from './review.ts';

/** What settlement and reconciliation open; docs/operations.md has a line for each, which a test holds. */
export const DISCREPANCY_KINDS = [
  'succeeded-after-failed',
  'failed-after-succeeded',
  'amount-differs',
  'charge-not-found',
  'missing-here',
  'missing-at-provider',
  'state-differs',
  'charged-twice',
] as const;
export type DiscrepancyKind = (typeof DISCREPANCY_KINDS)[number];

export interface Discrepancy {
  id: bigint;
  /** null where a provider lists a charge that no payment of ours is about. */
  paymentId: string | null;
  /** One of `DISCREPANCY_KINDS`, or of a later version's. */
  kind: string;
  detail: string;
  provider: string;
  market: string;
  providerReference: string;
  createdAt: Date;
  closed: { at: Date; by: string; reason: string } | null;
  payment: DiscrepantPayment | null;
}

export interface DiscrepantPayment {
  merchantId: string;
  status: string;
  amountMinor: bigint;
  currency: string;
  payerMasked: string;
}

export interface DiscrepancyStore {
  /** Open ones, or all; the oldest first. */
  list(options: { all: boolean; limit: number }): Promise<Discrepancy[]>;
  find(id: bigint): Promise<Discrepancy | null>;
  /** False when it is closed, or not there. Audited in the same commit. */
  close(id: bigint, deed: Deed): Promise<boolean>;
}

/** What to do about it, for a person; the gateway itself moves no money because of a contradiction. */
export function proposalFor(discrepancy: Discrepancy): string[] {
  const { id, kind } = discrepancy;
  const known = DISCREPANCY_KINDS.find((one) => one === kind);
  const [first, ...steps] = known
    ? PROPOSALS[known](discrepancy)
    : ['ask the provider: this version does not know the kind.'];
  const close = `Dealt with: gateway admin discrepancy close ${id} --reason "…" --by <name>`;
  return [`Proposal: ${first}`, ...[...steps, close].map((step) => `  ${step}`)];
}

type Propose = (discrepancy: Discrepancy) => [first: string, ...steps: string[]];

const amountOf = ({ payment }: Discrepancy) =>
  payment ? `${formatAmount(payment.amountMinor, payment.currency)} ${payment.currency}` : '';

const merchantOf = ({ payment }: Discrepancy) => `merchant ${payment?.merchantId}`;

const took = (one: Discrepancy) =>
  `${one.provider} says that it took ${amountOf(one)} from ${one.payment?.payerMasked}`;

const askRefund = ({ provider, market, providerReference }: Discrepancy) =>
  `ask ${provider} (${market}) to refund its charge ${providerReference}`;

const itsCharge = ({ provider, market, providerReference }: Discrepancy) =>
  `${provider} (${market}) for its charge ${providerReference}`;

const nextStatement = ({ provider, market }: Discrepancy) =>
  `gateway admin reconcile --provider ${provider} --market ${market} --statement <the next one>`;

const PROPOSALS: Readonly<Record<DiscrepancyKind, Propose>> = {
  'succeeded-after-failed': (one) => [
    'refund the payer.',
    `The merchant was told FAILED; ${took(one)}.`,
    `Ask ${one.provider} (${one.market}) to refund ${amountOf(one)} of its charge ${one.providerReference}.`,
    `Tell ${merchantOf(one)} that ${one.paymentId} stays FAILED: nothing may be delivered for it.`,
    'Nothing was posted for it, so the ledger stays as it is. Close this with the number of the refund.',
  ],
  'failed-after-succeeded': (one) => [
    'settle with the merchant.',
    `It was told SUCCEEDED and ${amountOf(one)} was posted to it; ${one.provider} takes that back.`,
    `Ask ${one.provider} (${one.market}) why, by its charge ${one.providerReference}.`,
    ...takeBack(one),
  ],
  'amount-differs': (one) => [
    'find out what was taken, then settle the difference.',
    `Ask ${itsCharge(one)}: amount and currency. We asked for ${amountOf(one)}.`,
    ...(one.payment?.status === 'MANUAL_REVIEW' ? endByHand(one) : settleTheRest(one)),
  ],
  'charge-not-found': (one) => [
    'ask the provider, then end the payment.',
    `Ask ${itsCharge(one)}: it accepted it, and does not list it.`,
    ...endByHand(one),
  ],
  'missing-here': (one) => [
    'find whose charge it is, else refund it.',
    `${one.provider} lists the charge ${one.providerReference}; no payment here has that reference.`,
    'After a restore: the merchant repeats its request with the same key, and the payment is found again.',
    `Then it is among ours: ${nextStatement(one)}`,
    `No restore, or nobody repeats it: ${askRefund(one)}.`,
  ],
  'missing-at-provider': (one) => [
    'look into the next statement, then ask the provider.',
    `The merchant was told SUCCEEDED and ${amountOf(one)} was posted to it.`,
    `${one.provider} does not list the charge.`,
    `It may only be late: ${nextStatement(one)}`,
    `Not there either: ask ${itsCharge(one)}.`,
    ...takeBack(one),
  ],
  'state-differs': stateDiffers,
  'charged-twice': (one) => [
    'have the second charge refunded.',
    `${one.provider} lists the reference ${one.providerReference} twice; we asked for it once.`,
    `Ask ${one.provider} (${one.market}) to refund the later one: a repeated reference must be refused.`,
    'Our books have one payment at most, and stay as they are. Close this with the number of the refund.',
  ],
};

function stateDiffers(one: Discrepancy): [string, ...string[]] {
  const { provider, payment, paymentId, providerReference } = one;
  switch (payment?.status) {
    case 'SUCCEEDED':
    case 'FAILED':
      return [
        'look into the next statement.',
        `${paymentId} is ${payment.status} here, for good, and ${provider} lists its charge as pending still.`,
        `It may only be late: ${nextStatement(one)}`,
        `Pending there too: ask ${itsCharge(one)}.`,
      ];
    case 'MANUAL_REVIEW':
      return [
        'end the payment with the statement as proof.',
        `It waits for a person; the statement of ${provider} has the word that was missing.`,
        ...endByHand(one),
      ];
    default:
      return [
        'see whether it has become a payment; else refund the payer.',
        `We count the charge ${providerReference} as not taken, and ${provider} lists it.`,
        'Where it is the last one of its payment, that is asked about at once.',
        `${paymentId} becomes ACCEPTED and then SUCCEEDED: there is nothing more to do.`,
        `It does not, or went on to another provider: ${askRefund(one)}.`,
      ];
  }
}

function endByHand({ paymentId }: Discrepancy): string[] {
  return [
    `See it: gateway admin review show ${paymentId}`,
    `End it: gateway admin review resolve ${paymentId} --as SUCCEEDED|FAILED --reason "…" --by <name>`,
  ];
}

function takeBack(one: Discrepancy): string[] {
  return [
    `It took nothing, in writing: tell ${merchantOf(one)}, and take the capture of the payment back:`,
    `  gateway admin ledger show ${one.paymentId}`,
    '  gateway admin ledger reverse <transaction> --reason "…" --by <name>',
  ];
}

function settleTheRest(one: Discrepancy): string[] {
  return [
    `It took more: have ${one.provider} refund the rest to the payer. Less: settle it with ${merchantOf(one)}.`,
    `What was posted: gateway admin ledger show ${one.paymentId}`,
  ];
}
