/**
 * One product call inside one deadline: token, request, and once more after refused credentials.
 */
import type { HttpClient, HttpRequest, LostCause, NeverLeftCause } from '../http-client.ts';
import type { Clock } from '../ports.ts';
import type { ChargeOutcome, StatusOutcome } from '../provider.ts';
import type { AccessToken } from './access-token.ts';
import type { HttpAnswer } from './answer.ts';

/** `reason` names why nothing was sent, or why no answer came. */
export type NoAnswer =
  | { kind: 'no-time'; reason: 'no-time-left'; providerSlow: boolean }
  | { kind: 'no-token'; reason: string }
  | { kind: 'never-left'; reason: NeverLeftCause }
  | { kind: 'lost'; reason: LostCause }
  /** Credentials were refused, and the second try was not sent any more: the refusal stands. */
  | { kind: 'refused'; reason: string };

export type CallResult = { kind: 'answer'; answer: HttpAnswer } | NoAnswer;

/**
 * Makes the request for a token. Everything in it but the authorization is the same the second
 * time.
 */
export type BuildRequest = (token: string) => Omit<HttpRequest, 'timeoutMs'>;

export type AuthorizedCall = (build: BuildRequest, timeoutMs: number) => Promise<CallResult>;

/** With less than this left a request could only come to "unknown". */
const LEAST_SEND_MS = 10;

export function makeAuthorizedCall(dependencies: {
  http: HttpClient;
  accessToken: AccessToken;
  clock: Clock;
  /** The provider's way to refuse the token without looking at the request. */
  isAuthRefusal(answer: HttpAnswer): boolean;
}): AuthorizedCall {
  const { http, accessToken, clock, isAuthRefusal } = dependencies;

  async function once(build: BuildRequest, deadlineMs: number) {
    const leftMs = () => deadlineMs - clock.monotonicMs();
    if (leftMs() < LEAST_SEND_MS) return { result: noTime(false), token: '' };
    const access = await accessToken.get(leftMs());
    if (!access.ok) return { result: noToken(access.reason), token: '' };
    const { token } = access;
    const timeoutMs = leftMs();
    if (timeoutMs < LEAST_SEND_MS) return { result: noTime(true), token };
    const sent = await http.send({ ...build(token), timeoutMs });
    const result: CallResult =
      sent.kind === 'response'
        ? { kind: 'answer', answer: sent }
        : ({ kind: sent.kind, reason: sent.cause } as CallResult);
    return { result, token };
  }

  return async (build, timeoutMs) => {
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    const first = await once(build, deadlineMs);
    if (first.result.kind !== 'answer' || !isAuthRefusal(first.result.answer)) return first.result;
    // Refused credentials mean that the request was not looked at: it alone may be sent again.
    accessToken.invalidate(first.token);
    const { result } = await once(build, deadlineMs);
    const wasSent = result.kind === 'answer' || result.kind === 'lost';
    // Bytes left the first time, so "never left" would be a lie; that it was refused is true.
    return wasSent ? result : { kind: 'refused', reason: `http-${first.result.answer.status}` };
  };
}

function noTime(providerSlow: boolean): CallResult {
  return { kind: 'no-time', reason: 'no-time-left', providerSlow };
}

function noToken(reason: string): CallResult {
  return { kind: 'no-token', reason };
}

export function chargeWithoutAnswer(result: NoAnswer): ChargeOutcome {
  const { reason } = result;
  const notTaken = { kind: 'not_taken', failure: true, reason, providerCode: null } as const;
  switch (result.kind) {
    case 'no-time':
      return { ...notTaken, failure: result.providerSlow, cause: 'not-sent' };
    case 'no-token':
    case 'never-left':
      return { ...notTaken, cause: 'unreachable' };
    case 'refused':
      return { ...notTaken, cause: 'refused' };
    case 'lost':
      return { kind: 'unknown', failure: true, reason };
  }
}

export function statusWithoutAnswer(result: NoAnswer): StatusOutcome {
  const failure = result.kind !== 'no-time' || result.providerSlow;
  return { kind: 'unclear', failure, reason: result.reason };
}
