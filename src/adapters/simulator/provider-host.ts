/** Runs one provider's wire format: decides what is taken and what goes wrong, and keeps the book. */
import type { ServerResponse } from 'node:http';
import {
  type ChargeOrder,
  type Fate,
  type ProviderWire,
  type SimulatedCharge,
  statusAt,
  type WireAnswer,
  type WireOperation,
  type WireRequest,
} from '../../domain/simulator.ts';
import * as answers from './answers.ts';
import type { CallbackSchedule } from './callback-schedule.ts';
import type { ChargeBook } from './charge-book.ts';
import type { FaultEngine } from './fault-engine.ts';
import { FAULTS, type Fault } from './fault-plan.ts';
import { knownWallet } from './known-wallets.ts';
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

  function fateOf(msisdn: string): Fate {
    const own = wire.fateOf(msisdn);
    if (own !== undefined) return own;
    const wallet = knownWallet(msisdn, wire.walletPrefix);
    if (wallet?.kind === 'fails') return { kind: 'fails', code: wire.codeOf(wallet.reason) };
    return wallet?.kind === 'fate' ? wallet.fate : { kind: 'succeeds' };
  }

  function take(order: ChargeOrder): SimulatedCharge {
    const fate = fateOf(order.msisdn);
    const takenAtMs = nowMs();
    const afterMs = fate.kind === 'succeeds' ? (fate.afterMs ?? settleMs) : settleMs;
    const charge: SimulatedCharge = {
      ...order,
      provider: wire.name,
      takenAtMs,
      settlesAtMs: fate.kind === 'stays-pending' ? null : takenAtMs + afterMs,
      failureCode: fate.kind === 'fails' ? fate.code : null,
      requests: 1,
    };
    book.add(charge);
    return charge;
  }

  /** `proper` is the answer of a provider in good health. */
  function misbehave(
    { fault }: Fault,
    operation: WireOperation,
    proper: WireAnswer,
    response: ServerResponse,
  ) {
    switch (fault) {
      case 'refuse':
      case 'http-500':
      case 'unauthorized':
      case 'too-many':
        return answers.sendAnswer(response, wire.trouble(fault, operation));
      case '500-after':
        return answers.sendAnswer(response, wire.trouble('http-500', operation));
      case 'hang':
      case 'timeout-after':
        return answers.hold(response, timers);
      case 'reset-before':
      case 'reset-after':
        return answers.reset(response);
      case 'garbage':
        return answers.sendGarbage(response);
      case 'html':
        return answers.sendHtml(response);
      case 'truncated':
        return answers.sendTruncated(response, proper);
      case 'huge':
        return answers.sendHuge(response);
      case 'redirect':
        return answers.sendRedirect(response);
      default:
        return answers.sendAnswer(response, proper);
    }
  }

  function respond(
    fault: Fault | undefined,
    operation: WireOperation,
    proper: WireAnswer,
    response: ServerResponse,
  ) {
    if (fault === undefined) return answers.sendAnswer(response, proper);
    if (fault.delayMs === 0) return misbehave(fault, operation, proper, response);
    timers.after(fault.delayMs, () => {
      if (!response.destroyed) misbehave(fault, operation, proper, response);
    });
  }

  function charge(order: ChargeOrder, response: ServerResponse) {
    const existing = book.notePost(wire.name, order.reference);
    const wallet = existing ? undefined : knownWallet(order.msisdn, wire.walletPrefix);
    const fault =
      faults.pick(wire.name, 'charge', order.msisdn) ??
      (wallet?.kind === 'fault' ? wallet.fault : undefined);
    if (fault !== undefined && !FAULTS[fault.fault].taken) {
      return respond(fault, 'charge', wire.declined(fault.reason), response);
    }
    if (existing) return respond(fault, 'charge', wire.duplicate(existing), response);
    const taken = take(order);
    const early = callbacks.arrange(taken);
    if (early === undefined) return respond(fault, 'charge', wire.taken(taken), response);
    void early.then(() => respond(fault, 'charge', wire.taken(taken), response));
  }

  function status(reference: string, response: ServerResponse) {
    const found = book.find(wire.name, reference);
    const fault = faults.pick(wire.name, 'status', found?.msisdn);
    if (found === undefined) return respond(fault, 'status', wire.notFound(), response);
    const truth = wire.status(found, statusAt(found, nowMs()));
    if (fault?.fault === 'listed-late') {
      const listed = nowMs() >= found.takenAtMs + fault.delayMs;
      return answers.sendAnswer(response, listed ? truth : wire.notFound());
    }
    if (fault?.fault === 'pending-forever') {
      return answers.sendAnswer(response, wire.status(found, 'PENDING'));
    }
    respond(fault, 'status', truth, response);
  }

  return (request, response) => {
    const reading = wire.read(request);
    switch (reading.kind) {
      case 'answer':
        if (reading.postedReference) book.notePost(wire.name, reading.postedReference);
        return answers.sendAnswer(response, reading.answer);
      case 'token':
        return respond(
          faults.pick(wire.name, 'token', undefined),
          'token',
          reading.answer,
          response,
        );
      case 'charge':
        return charge(reading.order, response);
      case 'status':
        return status(reading.reference, response);
    }
  };
}
