/**
 * Runs one provider's wire format: decides what is taken and what goes wrong, and keeps the book.
 */
import type { ServerResponse } from 'node:http';
import {
  type ChargeOrder,
  type ProviderWire,
  statusAt,
  type WireRequest,
} from '../../domain/simulator.ts';
import { sendAnswer } from './answers.ts';
import type { CallbackSchedule } from './callback-schedule.ts';
import type { ChargeBook } from './charge-book.ts';
import type { FaultEngine } from './fault-engine.ts';
import { FAULTS } from './fault-plan.ts';
import { knownWallet } from './known-wallets.ts';
import { makeResponder } from './responder.ts';
import { takeOrder } from './settlement.ts';
import type { Timers } from './timers.ts';

export interface ProviderHostOptions {
  wire: ProviderWire;
  faults: FaultEngine;
  book: ChargeBook;
  callbacks: CallbackSchedule;
  timers: Timers;
  nowMs: () => number;
  /** How long after it was taken a charge settles. */
  settleMs: number;
}

export type ProviderHost = (request: WireRequest, response: ServerResponse) => void;

export function makeProviderHost(options: ProviderHostOptions): ProviderHost {
  const { wire, faults, book, callbacks, timers, nowMs, settleMs } = options;
  const respond = makeResponder({ wire, timers });

  /**
   * A rule's fault, or that of a known wallet, which meets only the first of its charge's requests.
   */
  function chargeFault(msisdn: string, isFirst: boolean) {
    const fault = faults.pick(wire.name, 'charge', msisdn);
    if (fault !== undefined || !isFirst) return fault;
    const wallet = knownWallet(msisdn, wire.walletPrefix);
    return wallet?.kind === 'fault' ? wallet.fault : undefined;
  }

  function charge(order: ChargeOrder, response: ServerResponse) {
    const operation = 'charge';
    const existing = book.notePost(wire.name, order.reference);
    const fault = chargeFault(order.msisdn, existing === undefined);
    if (fault !== undefined && !FAULTS[fault.fault].taken) {
      return respond(response, fault, { operation, answer: wire.declined(fault.reason) });
    }
    if (existing) return respond(response, fault, { operation, answer: wire.duplicate(existing) });
    const taken = takeOrder(wire, order, { nowMs: nowMs(), settleMs });
    book.add(taken);
    const proper = { operation, answer: wire.taken(taken) } as const;
    const early = callbacks.arrange(taken);
    if (early === undefined) return respond(response, fault, proper);
    void early.then(() => respond(response, fault, proper));
  }

  function status(reference: string, response: ServerResponse) {
    const operation = 'status';
    const found = book.find(wire.name, reference);
    const fault = faults.pick(wire.name, operation, found?.msisdn);
    if (found === undefined) {
      return respond(response, fault, { operation, answer: wire.notFound() });
    }
    if (fault?.fault === 'pending-forever') {
      return sendAnswer(response, wire.status(found, 'PENDING'));
    }
    if (fault?.fault === 'listed-late' && nowMs() < found.takenAtMs + fault.delayMs) {
      return sendAnswer(response, wire.notFound());
    }
    const answer = wire.status(found, statusAt(found, nowMs()));
    if (fault?.fault === 'listed-late') return sendAnswer(response, answer);
    respond(response, fault, { operation, answer });
  }

  return (request, response) => {
    const reading = wire.read(request);
    switch (reading.kind) {
      case 'answer':
        if (reading.postedReference) book.notePost(wire.name, reading.postedReference);
        return sendAnswer(response, reading.answer);
      case 'token': {
        const fault = faults.pick(wire.name, 'token', undefined);
        return respond(response, fault, { operation: 'token', answer: reading.answer });
      }
      case 'charge':
        return charge(reading.order, response);
      case 'status':
        return status(reading.reference, response);
    }
  };
}
