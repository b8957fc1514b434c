import { chargesAreKnown } from './charges-are-known.ts';
import type { Checker } from './checker.ts';
import { clientsAreServed } from './clients-are-served.ts';
import { eventsInOrder } from './events-in-order.ts';
import { ledgerBalances } from './ledger-balances.ts';
import { movesAreLegal } from './moves-are-legal.ts';
import { nothingLeaks } from './nothing-leaks.ts';
import { oneCharge } from './one-charge.ts';
import { outboxIsEmpty } from './outbox-is-empty.ts';
import { paymentsRest } from './payments-rest.ts';
import { refusalsMovedNothing } from './refusals-moved-nothing.ts';
import { replaysAreEqual } from './replays-are-equal.ts';
import { toldIsRecorded } from './told-is-recorded.ts';
import { unknownsAreResolved } from './unknowns-are-resolved.ts';
import { verifyAgrees } from './verify-agrees.ts';

/** CHX-4: what must be true after every run. */
export const CHECKERS: readonly Checker[] = [
  oneCharge,
  toldIsRecorded,
  chargesAreKnown,
  refusalsMovedNothing,
  unknownsAreResolved,
  paymentsRest,
  ledgerBalances,
  outboxIsEmpty,
  replaysAreEqual,
  movesAreLegal,
  eventsInOrder,
  verifyAgrees,
  nothingLeaks,
  clientsAreServed,
];
