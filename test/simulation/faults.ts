import type { Dice } from './dice.ts';

/** What goes wrong in one schedule, and how often. Each schedule leaves some kinds out, so that rare ones meet. */
export interface Faults {
  /** Processes that may die, at any await; how often. */
  crashes: number;
  crashShare: number;
  pauses: number;
  pauseShare: number;
  /** Share of calls that are slow by seconds. */
  slowShare: number;
  storeShare: number;
  redisShare: number;
  redisForgets: number;
  busShare: number;
  consumerShare: number;
  gateShare: number;
  provider: ProviderFaults;
}

export interface ProviderFaults {
  unreachable: number;
  refused: number;
  declined: number;
  requestLost: number;
  answerLost: number;
  unclear: number;
  lateListing: number;
  falseNotFound: number;
  otherAmount: number;
  payerRefuses: number;
  payerSlow: number;
  callbacks: number;
  callbackLies: number;
  /** Assumption of the design: the provider refuses a reference that it has taken. */
  dedupe: boolean;
  /** Whether a charge that is declined at once can be found later. */
  keepsDeclined: boolean;
  /** Whether its status answers carry the amount. */
  saysAmount: boolean;
}

export function drawFaults(dice: Dice, failover: boolean): Faults {
  const sometimes = (share: number, upTo: number) =>
    dice.chance(share) ? dice.between(0, upTo) : 0;
  return {
    crashes: dice.chance(0.7) ? 1 + dice.below(4) : 0,
    crashShare: dice.between(0.002, 0.05),
    pauses: dice.chance(0.4) ? 1 + dice.below(2) : 0,
    pauseShare: dice.between(0.002, 0.03),
    slowShare: sometimes(0.5, 0.2),
    storeShare: sometimes(0.6, 0.15),
    redisShare: sometimes(0.5, 0.3),
    redisForgets: dice.chance(0.5) ? 1 + dice.below(6) : 0,
    busShare: sometimes(0.5, 0.3),
    consumerShare: sometimes(0.5, 0.3),
    gateShare: sometimes(0.2, 0.3),
    provider: {
      // Nothing else makes a payment go on.
      unreachable: failover ? dice.between(0.1, 0.7) : sometimes(0.4, 0.5),
      refused: sometimes(0.4, 0.5),
      declined: sometimes(0.3, 0.4),
      requestLost: sometimes(0.4, 0.5),
      answerLost: sometimes(0.6, 0.7),
      unclear: sometimes(0.4, 0.5),
      lateListing: sometimes(0.6, 1),
      falseNotFound: sometimes(0.5, 0.5),
      otherAmount: sometimes(0.1, 0.5),
      payerRefuses: dice.between(0, 0.5),
      payerSlow: sometimes(0.3, 0.5),
      callbacks: sometimes(0.7, 3),
      callbackLies: sometimes(0.4, 0.8),
      dedupe: dice.chance(0.5),
      keepsDeclined: dice.chance(0.5),
      saysAmount: dice.chance(0.7),
    },
  };
}
