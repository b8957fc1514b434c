/**
 * The port between the simulator kit (adapters/simulator: faults, charges, settlement, sockets) and
 * a provider's wire format (providers/<name>/simulator.ts). A wire format reads requests and writes
 * answers; it never decides whether a charge is taken, and it shares nothing with the provider's
 * adapter.
 */
import type { FailureCode } from './payment.ts';

export interface WireRequest {
  method: string;
  /** Below the provider's mount point, without the query: `/collection/token/`. */
  path: string;
  /** What follows the question mark. @default nothing */
  query?: string;
  headers: Record<string, string | string[] | undefined>;
  /** The whole body, decoded as UTF-8. */
  body: string;
}

export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Failure codes about payer or amount: what a provider can decline a charge for. */
export const DECLINE_REASONS = [
  'insufficient-funds',
  'limit-exceeded',
  'payer-not-found',
  'payer-not-allowed',
  'payer-rejected',
  'payer-timeout',
  'cancelled',
  'amount-rejected',
] as const satisfies readonly FailureCode[];
export type DeclineReason = (typeof DECLINE_REASONS)[number];

/** A well-formed order to charge, before anybody decided whether it is taken. */
export interface ChargeOrder {
  reference: string;
  externalId: string;
  /** E.164 with plus. */
  msisdn: string;
  /** Decimal text with exactly the currency's decimals, `20.00`. */
  amount: string;
  currency: string;
  /** Where this charge's callbacks go; null when nowhere. */
  callbackUrl: string | null;
  /** Fields of the wire format that its later answers repeat. */
  details: Record<string, string>;
}

/** A charge that the provider has taken. Plain JSON: it is stored as it is. */
export interface SimulatedCharge extends ChargeOrder {
  provider: string;
  takenAtMs: number;
  /** Wall clock of the final state; null when it stays pending for ever. */
  settlesAtMs: number | null;
  /** The provider's own code of the failure that it settles with; null when it succeeds. */
  failureCode: string | null;
  /** POSTs with this reference, refused ones and this charge's own included. */
  requests: number;
}

export type ChargeStatus = 'PENDING' | 'SUCCEEDED' | 'FAILED';

/** The status follows from the clock, so a restart needs nothing but the charge to know it. */
export function statusAt(charge: SimulatedCharge, nowMs: number): ChargeStatus {
  if (charge.settlesAtMs === null || nowMs < charge.settlesAtMs) return 'PENDING';
  return finalStatus(charge);
}

export function finalStatus(charge: SimulatedCharge): 'SUCCEEDED' | 'FAILED' {
  return charge.failureCode === null ? 'SUCCEEDED' : 'FAILED';
}

/** How a taken charge ends: at the usual time, after a time of its own, or never. */
export type Fate =
  | { kind: 'succeeds'; afterMs?: number }
  | { kind: 'fails'; code: string }
  | { kind: 'stays-pending' };

/** What a request turned out to be. */
export type Reading =
  /** Answered on the spot: not about a charge, or refused as malformed or unauthorised. */
  | { kind: 'answer'; answer: WireAnswer; postedReference?: string }
  /** A good token request, with the answer that it gets if nothing goes wrong. */
  | { kind: 'token'; answer: WireAnswer }
  | { kind: 'charge'; order: ChargeOrder }
  | { kind: 'status'; reference: string };

/** Answers that any operation can get instead of its own. */
export type Trouble = 'refuse' | 'http-500' | 'unauthorized' | 'too-many';
export type WireOperation = 'token' | 'charge' | 'status';

export interface CallbackRequest {
  method: 'POST' | 'PUT';
  url: string;
  headers: Record<string, string>;
  body: string;
}

/**
 * What a callback says; a forged one lies and is signed with a wrong key where the provider signs.
 */
export interface CallbackClaim {
  status: ChargeStatus;
  forged: boolean;
}

/** The statement that a provider exports: CSV in its own words, a line for each charge that it has taken. */
export interface StatementSheet {
  header: string;
  line(charge: SimulatedCharge, status: ChargeStatus): string;
}

/**
 * One provider's wire format. Pure but for its tokens and keys: no sockets, no timers, no charges.
 */
export interface ProviderWire {
  /** Upper case, `MTN`. */
  readonly name: string;
  /** First path segment on the simulators' port, `mtn`. */
  readonly mount: string;
  /** Known wallets are this and one digit. */
  readonly walletPrefix: string;
  read(request: WireRequest): Reading;
  taken(charge: SimulatedCharge): WireAnswer;
  duplicate(charge: SimulatedCharge): WireAnswer;
  declined(reason: DeclineReason): WireAnswer;
  status(charge: SimulatedCharge, status: ChargeStatus): WireAnswer;
  notFound(): WireAnswer;
  trouble(trouble: Trouble, operation: WireOperation): WireAnswer;
  /** null when the charge has no callback URL. */
  callback(charge: SimulatedCharge, claim: CallbackClaim): CallbackRequest | null;
  /** The provider's own magic numbers; undefined for any other wallet. */
  fateOf(msisdn: string): Fate | undefined;
  /** The provider's own code for a failure. */
  codeOf(reason: DeclineReason): string;
  readonly sheet: StatementSheet;
}

/** Access tokens that survive a restart, because they are signed and not stored. */
export interface AccessTokens {
  issue(subject: string, secret: string, lifetimeMs: number): string;
  /** The subject, or undefined when the token is no token of ours or has expired. */
  subjectOf(token: string, secretOf: (subject: string) => string | undefined): string | undefined;
}

/**
 * A number from 0 to 255 that depends on nothing but the text: for quirks that alternate by
 * reference.
 */
export function quirkOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 16) & 0xff;
}
