import { formatAmount } from '../domain/money.ts';
import {
  classifyListed,
  classifyUnlisted,
  isDifference,
  type KnownAttempt,
  type OpenedDiscrepancy,
  RECONCILIATION_CLASSES,
  type ReconciledAccount,
  type ReconciliationClass,
  type ReconciliationStore,
  type Verdict,
} from '../domain/reconciliation.ts';
import type { StatementLine } from '../domain/statement.ts';

/** A line, and where it stands in the file. */
export interface NumberedLine extends StatementLine {
  line: number;
}

export interface StatementPeriod extends ReconciledAccount {
  from: Date;
  to: Date;
  /** Clocks differ: what was dispatched this long before the end may stand in the next statement. */
  marginMs: number;
}

export interface Difference {
  class: ReconciliationClass;
  paymentId: string | null;
  reference: string;
  ours: { status: string; amount: string; currency: string } | null;
  theirs: {
    status: string;
    amount: string;
    currency: string;
    providerTransactionId: string | null;
    line: number;
    at: string;
  } | null;
}

export interface ClassTotal {
  class: ReconciliationClass;
  currency: string;
  count: number;
  /** Theirs where only they have it, else ours. */
  amountMinor: bigint;
}

export interface ReconciliationReport {
  totals: ClassTotal[];
  differences: Difference[];
  /** How many discrepancies are new. */
  opened: number;
  /** Payments whose status query was brought forward. */
  asked: number;
}

const LINES_PER_LOOKUP = 1_000;
const ATTEMPTS_PER_PAGE = 5_000;
const ROWS_PER_WRITE = 500;

/** Everything is compared before anything is written. With `dryRun` nothing is. */
export function makeReconcile(store: ReconciliationStore) {
  return async function reconcile(
    lines: readonly NumberedLine[],
    period: StatementPeriod,
    { dryRun = false }: { dryRun?: boolean } = {},
  ): Promise<ReconciliationReport> {
    const tally = makeTally();
    const listed = await compareLines(lines, period, tally);
    await compareUnlisted(listed, period, tally);
    const { totals, differences, discrepancies, toAsk } = tally.result();
    const writes = { opened: 0, asked: 0 };
    if (!dryRun) {
      for (const some of chunksOf(discrepancies, ROWS_PER_WRITE)) {
        writes.opened += await store.open(period, some);
      }
      for (const some of chunksOf(toAsk, ROWS_PER_WRITE)) writes.asked += await store.askNow(some);
    }
    return { totals, differences, ...writes };
  };

  /** Looks for each line among all our payments, whenever they were made. Answers the references that are listed. */
  async function compareLines(
    lines: readonly NumberedLine[],
    period: StatementPeriod,
    tally: Tally,
  ): Promise<Set<string>> {
    const listed = new Set<string>();
    for (const some of chunksOf(lines, LINES_PER_LOOKUP)) {
      const attempts = await store.attemptsOf(
        period,
        some.map(({ reference }) => reference),
      );
      const known = new Map(attempts.map((one) => [one.reference, one]));
      for (const line of some) {
        const ours = known.get(line.reference) ?? null;
        const verdict = listed.has(line.reference)
          ? CHARGED_TWICE
          : ours === null
            ? MISSING_HERE
            : classifyListed(line, ours, period.to);
        listed.add(line.reference);
        tally.note(verdict, ours, line);
      }
    }
    return listed;
  }

  async function compareUnlisted(listed: Set<string>, period: StatementPeriod, tally: Tally) {
    const earlier = (at: Date) => new Date(at.getTime() - period.marginMs);
    const window = { from: earlier(period.from), to: earlier(period.to), limit: ATTEMPTS_PER_PAGE };
    let after: KnownAttempt | null = null;
    for (;;) {
      const page: KnownAttempt[] = await store.dispatchedIn(period, { ...window, after });
      for (const ours of page) {
        if (!listed.has(ours.reference)) tally.note(classifyUnlisted(ours), ours, null);
      }
      after = page.at(-1) ?? null;
      if (page.length < ATTEMPTS_PER_PAGE) return;
    }
  }
}

const CHARGED_TWICE: Verdict = { class: 'charged-twice', kind: 'charged-twice', askNow: false };
const MISSING_HERE: Verdict = { class: 'missing-here', kind: 'missing-here', askNow: false };

function* chunksOf<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}

type Tally = ReturnType<typeof makeTally>;

/** What agrees is only counted, so that a long statement costs its differences and no more. */
function makeTally() {
  const totals = new Map<string, ClassTotal>();
  const differences: Difference[] = [];
  const discrepancies: OpenedDiscrepancy[] = [];
  const toAsk: string[] = [];

  function count(found: ReconciliationClass, currency: string, amountMinor: bigint) {
    const key = `${found} ${currency}`;
    const total = totals.get(key) ?? { class: found, currency, count: 0, amountMinor: 0n };
    total.count += 1;
    total.amountMinor += amountMinor;
    totals.set(key, total);
  }

  return {
    note(verdict: Verdict, ours: KnownAttempt | null, theirs: NumberedLine | null) {
      const { class: found, kind, askNow } = verdict;
      const one = found === 'charged-twice' ? (theirs ?? ours) : (ours ?? theirs);
      if (one === null) return;
      count(found, one.currency, one.amountMinor);
      if (ours !== null && askNow) toAsk.push(ours.paymentId);
      if (!isDifference(found)) return;
      const { reference } = one;
      const paymentId = ours?.paymentId ?? null;
      const shown = { ours: ours && oursOf(ours), theirs: theirs && theirsOf(theirs) };
      differences.push({ class: found, paymentId, reference, ...shown });
      if (kind === null) return;
      discrepancies.push({ paymentId, reference, kind, detail: detailOf(reference, shown) });
    },
    result: () => ({ totals: sorted([...totals.values()]), differences, discrepancies, toAsk }),
  };
}

function sorted(totals: ClassTotal[]): ClassTotal[] {
  const place = ({ class: found }: ClassTotal) => RECONCILIATION_CLASSES.indexOf(found);
  return totals.sort((a, b) => place(a) - place(b) || (a.currency < b.currency ? -1 : 1));
}

function oursOf({ status, amountMinor, currency }: KnownAttempt) {
  return { status, amount: formatAmount(amountMinor, currency), currency };
}

function theirsOf({
  status,
  amountMinor,
  currency,
  providerTransactionId,
  line,
  at,
}: NumberedLine) {
  const amount = formatAmount(amountMinor, currency);
  return { status, amount, currency, providerTransactionId, line, at: at.toISOString() };
}

function detailOf(
  reference: string,
  { ours, theirs }: Pick<Difference, 'ours' | 'theirs'>,
): string {
  const here = ours ? `${ours.status} ${ours.amount} ${ours.currency}` : 'no payment';
  if (!theirs) return `reference ${reference}: here ${here}; not in the provider's statement`;
  const { status, amount, currency, at, providerTransactionId } = theirs;
  const there = `${status} ${amount} ${currency}, ${at}, transaction ${providerTransactionId ?? 'none'}`;
  return `reference ${reference}: here ${here}; in the provider's statement ${there}`;
}
