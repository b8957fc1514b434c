/**
 * The statement of a collection account. Its columns are those of our simulator; a real export is to be compared with
 * them before it is trusted (docs/providers.md). Times are read as UTC.
 */
import { readAmount } from '../../src/domain/money.ts';
import {
  cellOf,
  momentOf,
  type StatementFormat,
  StatementProblem,
  type StatementStatus,
  statusOf,
} from '../../src/domain/statement.ts';

const STATUSES: Readonly<Record<string, StatementStatus>> = {
  SUCCESSFUL: 'SUCCEEDED',
  FAILED: 'FAILED',
  PENDING: 'PENDING',
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DATE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
const WALLET = /^FRI:[1-9]\d{7,14}\/MSISDN$/;

export const mtnStatement: StatementFormat = {
  columns: [
    ...[
      'Id',
      'External Id',
      'Reference Id',
      'Date',
      'Status',
      'Type',
      'From',
      'Amount',
      'Currency',
    ],
  ],
  readLine(cells) {
    cellOf(cells, 'Type', /^PAYMENT$/);
    cellOf(cells, 'From', WALLET);
    const currency = cellOf(cells, 'Currency', /^[A-Z]{3}$/);
    const amountMinor = readAmount(cells.Amount ?? '', currency);
    if (amountMinor === undefined) throw new StatementProblem('Amount cannot be read');
    const date = cellOf(cells, 'Date', DATE).replace(' ', 'T');
    return {
      reference: cellOf(cells, 'Reference Id', UUID).toLowerCase(),
      providerTransactionId: cellOf(cells, 'Id', /^\d{0,20}$/) || null,
      status: statusOf(STATUSES, cells, 'Status'),
      amountMinor,
      currency,
      at: momentOf(`${date}Z`, 'Date'),
    };
  },
};
