/** The report of a reconciliation for a program: sums first, then each difference. */
import { formatAmount } from '../domain/money.ts';
import type { ReconciliationReport, StatementPeriod } from '../usecases/reconcile-statement.ts';

export function toJson(
  report: ReconciliationReport,
  period: StatementPeriod,
  lines: number,
): string {
  const { provider, market, from, to, marginMs } = period;
  const { totals, differences, opened, asked } = report;
  const document = {
    provider,
    market,
    period: { from, to, marginSeconds: marginMs / 1_000 },
    lines,
    classes: totals.map(({ class: found, currency, count, amountMinor }) => ({
      ...{ class: found, currency, count, sum: formatAmount(amountMinor, currency) },
    })),
    discrepanciesOpened: opened,
    paymentsAskedAbout: asked,
    differences,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const COLUMNS = [
  ...['record', 'class', 'currency', 'count', 'sum', 'payment', 'reference'],
  ...[
    'our status',
    'our amount',
    'their status',
    'their amount',
    'their transaction',
    'line',
    'at',
  ],
];

/** No cell can hold a comma, a quote or a formula: statuses, amounts, times, and ids of known shapes. */
export function toCsv({ totals, differences }: ReconciliationReport): string {
  const rows = [
    COLUMNS,
    ...totals.map(({ class: found, currency, count, amountMinor }) => [
      ...['sum', found, currency, String(count), formatAmount(amountMinor, currency)],
      ...Array.from({ length: 9 }, () => ''),
    ]),
    ...differences.map(({ class: found, paymentId, reference, ours, theirs }) => [
      ...[
        'difference',
        found,
        (theirs ?? ours)?.currency ?? '',
        '',
        '',
        paymentId ?? '',
        reference,
      ],
      ...[ours?.status ?? '', ours?.amount ?? '', theirs?.status ?? '', theirs?.amount ?? ''],
      ...[theirs?.providerTransactionId ?? '', String(theirs?.line ?? ''), theirs?.at ?? ''],
    ]),
  ];
  return rows.map((cells) => `${cells.join()}\r\n`).join('');
}
