/**
 * The statement of a merchant. Its columns are those of our simulator; a real export is to be compared with them before
 * it is trusted (docs/providers.md). Times are read as UTC.
 */
import { readAmount } from '../../src/domain/money.ts';
import {
  type Cells,
  cellOf,
  momentOf,
  type StatementFormat,
  StatementProblem,
  type StatementStatus,
  statusOf,
} from '../../src/domain/statement.ts';

/** TE is a payer who let it expire; TA and TIP both mean that it is under way. */
const STATUSES: Readonly<Record<string, StatementStatus>> = {
  TS: 'SUCCEEDED',
  TF: 'FAILED',
  TE: 'FAILED',
  TA: 'PENDING',
  TIP: 'PENDING',
};

const DATE = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d:\d\d:\d\d)$/;
/** Thousands are grouped by commas: 1,250.00. */
const AMOUNT = /^\d{1,3}(,\d{3})*(\.\d+)?$/;

function dateOf(cells: Cells): Date {
  const [, day, month, year, time] = DATE.exec(cellOf(cells, 'Transaction Date', DATE)) ?? [];
  return momentOf(`${year}-${month}-${day}T${time}Z`, 'Transaction Date');
}

export const airtelStatement: StatementFormat = {
  columns: [
    ...['Transaction Date', 'Airtel Money ID', 'Transaction ID', 'Sender MSISDN'],
    ...['Amount', 'Currency', 'Status'],
  ],
  readLine(cells) {
    cellOf(cells, 'Sender MSISDN', /^\d{7,10}$/);
    const currency = cellOf(cells, 'Currency', /^[A-Z]{3}$/);
    const amountMinor = readAmount(cellOf(cells, 'Amount', AMOUNT).replaceAll(',', ''), currency);
    if (amountMinor === undefined) throw new StatementProblem('Amount cannot be read');
    return {
      reference: cellOf(cells, 'Transaction ID', /^[A-Za-z0-9]{4,64}$/),
      providerTransactionId: cellOf(cells, 'Airtel Money ID', /^[A-Za-z0-9.]{0,64}$/) || null,
      status: statusOf(STATUSES, cells, 'Status'),
      amountMinor,
      currency,
      at: dateOf(cells),
    };
  },
};
