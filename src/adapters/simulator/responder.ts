/** Gives a request its proper answer, or what a fault makes of it. */
import type { ServerResponse } from 'node:http';
import type { ProviderWire, WireAnswer, WireOperation } from '../../domain/simulator.ts';
import * as answers from './answers.ts';
import type { Fault, FaultName } from './fault-plan.ts';
import type { Timers } from './timers.ts';

/** What a provider in good health would answer, and to what. */
export interface Proper {
  operation: WireOperation;
  answer: WireAnswer;
}

export type Responder = (
  response: ServerResponse,
  fault: Fault | undefined,
  proper: Proper,
) => void;

export function makeResponder(options: { wire: ProviderWire; timers: Timers }): Responder {
  const { wire, timers } = options;

  function misbehave(response: ServerResponse, fault: FaultName, { operation, answer }: Proper) {
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
        return answers.sendTruncated(response, answer);
      case 'huge':
        return answers.sendHuge(response);
      case 'redirect':
        return answers.sendRedirect(response);
      default:
        return answers.sendAnswer(response, answer);
    }
  }

  return (response, fault, proper) => {
    if (fault === undefined) return answers.sendAnswer(response, proper.answer);
    if (fault.delayMs === 0) return misbehave(response, fault.fault, proper);
    timers.after(fault.delayMs, () => {
      if (!response.destroyed) misbehave(response, fault.fault, proper);
    });
  };
}
