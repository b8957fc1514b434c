/** The statement of a collection account, as the partner portal would export it. Times are UTC. */
import type { ChargeStatus, SimulatedCharge, StatementSheet } from '../../src/domain/simulator.ts';
import { statusBody } from './simulator-order.ts';

const COLUMNS = [
  ...['Id', 'External Id', 'Reference Id', 'Date', 'Status', 'Type', 'From', 'Amount', 'Currency'],
];

function line(charge: SimulatedCharge, status: ChargeStatus): string {
  const { financialTransactionId = '', ...body } = statusBody(charge, status);
  const date = new Date(charge.takenAtMs).toISOString().slice(0, 19).replace('T', ' ');
  return [
    ...[financialTransactionId, body.externalId, charge.reference, date, body.status, 'PAYMENT'],
    ...[`FRI:${body.payer.partyId}/MSISDN`, body.amount, body.currency],
  ].join();
}

export const mtnSheet: StatementSheet = { header: COLUMNS.join(), line };
