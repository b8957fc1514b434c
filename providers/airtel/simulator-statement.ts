/** The statement of a merchant, as its portal would export it. Times are UTC. */
import type { ChargeStatus, SimulatedCharge, StatementSheet } from '../../src/domain/simulator.ts';
import { nationalNumber } from './simulator-order.ts';
import { moneyId, transactionStatus } from './simulator-status.ts';

const COLUMNS = [
  ...['Transaction Date', 'Airtel Money ID', 'Transaction ID', 'Sender MSISDN'],
  ...['Amount', 'Currency', 'Status'],
];

/** 21/11/2026 12:04:29 */
function dateOf(ms: number): string {
  const [day = '', time = ''] = new Date(ms).toISOString().slice(0, 19).split('T');
  return `${day.split('-').toReversed().join('/')} ${time}`;
}

/** 1250.00 is "1,250.00", and in quotes for its comma. */
function grouped(amount: string): string {
  const [whole = '', fraction] = amount.split('.');
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction ? `.${fraction}` : '');
  return text.includes(',') ? `"${text}"` : text;
}

function line(charge: SimulatedCharge, status: ChargeStatus): string {
  const { takenAtMs, reference, msisdn, amount, currency } = charge;
  return [
    dateOf(takenAtMs),
    status === 'SUCCEEDED' ? moneyId(charge) : '',
    ...[reference, nationalNumber(msisdn), grouped(amount), currency],
    transactionStatus(charge, status),
  ].join();
}

export const airtelSheet: StatementSheet = { header: COLUMNS.join(), line };
