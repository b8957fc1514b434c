/** `admin discrepancy …`: words of providers that contradict what we said for good. */
import { type Discrepancy, type DiscrepancyStore, proposalFor } from '../domain/discrepancy.ts';
import { formatAmount } from '../domain/money.ts';
import { needed, type Print, Refusal, readArguments, tableOf, UsageError } from './arguments.ts';

export const DISCREPANCY_HELP = `gateway admin discrepancy list [--all]
gateway admin discrepancy show <id>
gateway admin discrepancy close <id> --reason "…" [--by <name>]

\`show\` says what to do about it. Closing says that somebody has done so, and changes neither payment nor ledger; it is
kept in the audit log. A closed one stays: --all lists it.`;

export interface DiscrepancyDeps {
  discrepancies: DiscrepancyStore;
  account: string;
  print: Print;
}

const LIMIT = 500;

export async function runDiscrepancies(args: string[], deps: DiscrepancyDeps): Promise<void> {
  const kinds = { all: 'flag', reason: 'text', by: 'text' } as const;
  const { words, options } = readArguments(args, 3, kinds);
  const [, verb, subject] = words;
  switch (verb) {
    case 'list':
      return await list(options.all ?? false, deps);
    case 'show':
      return await show(idOf(subject), deps);
    case 'close': {
      const reason = needed(options.reason, '--reason', DISCREPANCY_HELP);
      const by = needed(options.by ?? deps.account, 'a name', DISCREPANCY_HELP);
      return await close(idOf(subject), { by, reason }, deps);
    }
    default:
      throw new UsageError(DISCREPANCY_HELP);
  }
}

function idOf(subject: string | undefined): bigint {
  const text = needed(subject, 'the number of a discrepancy', DISCREPANCY_HELP);
  if (!/^\d{1,18}$/.test(text)) throw new UsageError(`${text} is no number of a discrepancy`);
  return BigInt(text);
}

function amountOf({ payment }: Discrepancy): string {
  return payment
    ? `${formatAmount(payment.amountMinor, payment.currency)} ${payment.currency}`
    : '';
}

const timeOf = (at: Date) => at.toISOString();

async function list(all: boolean, { discrepancies, print }: DiscrepancyDeps): Promise<void> {
  const found = await discrepancies.list({ all, limit: LIMIT });
  if (found.length === 0) return print(all ? 'no discrepancy, ever' : 'no discrepancy is open');
  const head = ['id', 'since', 'kind', 'payment', 'status', 'amount', 'provider'];
  const rows = found.map((one) => [
    String(one.id),
    timeOf(one.createdAt),
    one.kind,
    one.paymentId ?? 'none',
    one.payment?.status ?? '',
    amountOf(one),
    `${one.provider} ${one.market}`,
    ...(one.closed ? [`closed by ${one.closed.by}`] : []),
  ]);
  for (const line of tableOf([head, ...rows])) print(line);
  if (found.length === LIMIT) print(`the oldest ${LIMIT}; there may be more`);
}

async function show(id: bigint, { discrepancies, print }: DiscrepancyDeps): Promise<void> {
  const found = await discrepancies.find(id);
  if (!found) throw new Refusal(`there is no discrepancy ${id}`);
  const { payment, closed } = found;
  const lines: [string, string][] = [
    ['discrepancy', `${found.id} ${found.kind}`],
    ['since', timeOf(found.createdAt)],
    ['what', found.detail],
    ['payment', `${found.paymentId ?? 'none'} ${payment?.status ?? ''}`],
    ['provider', `${found.provider} ${found.market}`],
    ['reference', found.providerReference],
  ];
  if (payment) lines.push(['merchant', payment.merchantId], ['amount', amountOf(found)]);
  if (closed) lines.push(['closed', `${timeOf(closed.at)} by ${closed.by}: ${closed.reason}`]);
  for (const line of tableOf(lines)) print(line);
  if (!closed) for (const line of proposalFor(found)) print(line);
}

async function close(
  id: bigint,
  { by, reason }: { by: string; reason: string },
  { discrepancies, account, print }: DiscrepancyDeps,
): Promise<void> {
  if (!(await discrepancies.close(id, { by, reason, via: account }))) {
    throw new Refusal(`not done: no discrepancy ${id} is open`);
  }
  print(`discrepancy ${id} closed by ${by}`);
}
