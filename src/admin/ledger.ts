/** `gateway admin ledger …`: balances, one payment's postings, the trial balance, a reversal. */
import type { Balance, LedgerBooks, Pending } from '../adapters/postgres/ledger.ts';
import { formatAmount } from '../domain/money.ts';
import { needed, type Print, Refusal, readArguments, tableOf, UsageError } from './arguments.ts';

export const LEDGER_HELP = `gateway admin ledger balances [--merchant <id>]
gateway admin ledger show <payment id>
gateway admin ledger trial-balance
gateway admin ledger reverse <transaction> --reason "…" --by <name>

Balances are summed from the entries, and what is pending from the payments: nothing is stored. \`reverse\` books
another transaction with the sides exchanged and edits nothing; the numbers are those that \`show\` prints.`;

export interface LedgerDeps {
  books: LedgerBooks;
  /** The account of the machine. */
  account: string;
  print: Print;
}

export async function runLedger(args: string[], deps: LedgerDeps): Promise<void> {
  const kinds = { merchant: 'text', reason: 'text', by: 'text' } as const;
  const { words, options } = readArguments(args, 3, kinds);
  const [, verb, subject] = words;
  switch (verb) {
    case 'balances':
      return await showBalances(options.merchant ?? null, deps);
    case 'show':
      return await showPayment(needed(subject, 'a payment id', LEDGER_HELP), deps);
    case 'trial-balance':
      return await showTrialBalance(deps);
    case 'reverse': {
      const reason = needed(options.reason, '--reason', LEDGER_HELP);
      const by = needed(options.by, '--by', LEDGER_HELP);
      return await reverse(transactionOf(subject), { reason, by }, deps);
    }
    default:
      throw new UsageError(LEDGER_HELP);
  }
}

function transactionOf(subject: string | undefined): bigint {
  const text = needed(subject, 'the number of a ledger transaction', LEDGER_HELP);
  if (!/^\d{1,18}$/.test(text)) throw new UsageError(`${text} is no ledger transaction`);
  return BigInt(text);
}

/** As an accountant writes it: the side on which the account is heavier, and by how much. */
function balanceOf({ debitMinor, creditMinor, currency }: Balance): string {
  const minor = debitMinor - creditMinor;
  if (minor === 0n) return formatAmount(0n, currency);
  const side = minor > 0n ? 'debit' : 'credit';
  return `${formatAmount(minor > 0n ? minor : -minor, currency)} ${side}`;
}

async function showBalances(merchantId: string | null, { books, print }: LedgerDeps) {
  const balances = await books.balances(merchantId);
  if (balances.length === 0) print('nothing is booked');
  else {
    const rows = balances.map((one) => [one.account, one.currency, balanceOf(one)]);
    printTable(print, ['account', 'currency', 'balance'], rows);
  }
  const pending = await books.pending(merchantId);
  if (pending.length === 0) return print('pending: nothing');
  print('pending, by the payments that are not final:');
  const heads = ['merchant', 'provider', 'currency', 'payments', 'amount'];
  printTable(print, heads, pending.map(pendingRow));
}

function pendingRow(one: Pending): string[] {
  const amount = formatAmount(one.amountMinor, one.currency);
  return [one.merchantId, `${one.provider} ${one.market}`, one.currency, `${one.payments}`, amount];
}

async function showPayment(paymentId: string, { books, print }: LedgerDeps) {
  const transactions = await books.transactionsOf(paymentId);
  if (transactions === null) throw new UsageError(`there is no payment ${paymentId}`);
  if (transactions.length === 0) print(`nothing is booked for ${paymentId}`);
  for (const { id, kind, createdAt, reverses, reason, entries } of transactions) {
    const why = reverses === null ? '' : ` of ${reverses}: ${reason}`;
    print(`transaction ${id}  ${kind}${why}  ${createdAt.toISOString()}`);
    const rows = entries.map(({ account, side, amountMinor, currency }) => {
      const amount = formatAmount(amountMinor, currency);
      return [account, ...(side === 'debit' ? [amount, ''] : ['', amount]), currency];
    });
    printTable(print, ['account', 'debit', 'credit', 'currency'], rows);
  }
}

/** Every account, and the sums that must be equal: LED-6. */
async function showTrialBalance({ books, print }: LedgerDeps): Promise<void> {
  const balances = await books.balances(null);
  const rowOf = (name: string, { currency, debitMinor, creditMinor }: Omit<Balance, 'account'>) => [
    name,
    currency,
    formatAmount(debitMinor, currency),
    formatAmount(creditMinor, currency),
  ];
  const sums = new Map<string, Balance>();
  for (const { currency, debitMinor, creditMinor } of balances) {
    const sum = sums.get(currency) ?? { account: '', currency, debitMinor: 0n, creditMinor: 0n };
    sum.debitMinor += debitMinor;
    sum.creditMinor += creditMinor;
    sums.set(currency, sum);
  }
  printTable(
    print,
    ['account', 'currency', 'debit', 'credit'],
    [
      ...balances.map((one) => rowOf(one.account, one)),
      ...[...sums.values()].map((sum) => rowOf('all accounts', sum)),
    ],
  );
  const wrong = [...sums.values()].filter(
    ({ debitMinor, creditMinor }) => debitMinor !== creditMinor,
  );
  const names = wrong.map(({ currency }) => currency).join(', ');
  if (wrong.length > 0) throw new Refusal(`debits and credits differ in ${names}`);
  print('debits equal credits in every currency: the global sum is 0');
}

async function reverse(
  original: bigint,
  { reason, by }: { reason: string; by: string },
  { books, account, print }: LedgerDeps,
) {
  const result = await books.reverse({ transaction: original, reason, by, via: account });
  if (result.kind === 'refused') throw new Refusal(result.why);
  const { transaction, paymentId } = result;
  print(`ledger transaction ${original} of ${paymentId} is reversed by ${transaction}`);
}

function printTable(print: Print, heads: readonly string[], rows: readonly (readonly string[])[]) {
  for (const line of tableOf([heads, ...rows])) print(`  ${line}`);
}
