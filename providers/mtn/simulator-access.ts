/** Who may call: subscription key, token, bearer, target environment. */
import type { AccessTokens, Reading, WireAnswer, WireRequest } from '../../src/domain/simulator.ts';
import * as answers from './simulator-answers.ts';
import type { ApiUsers } from './simulator-users.ts';

const TOKEN_LIFETIME_SECONDS = 3_600;

export interface AccessSettings {
  subscriptionKey: string;
  /** Value that X-Target-Environment must have: `sandbox`, `mtnzambia`, … */
  targetEnvironment: string;
}

export interface Access {
  /** The answer to a wrong or missing subscription key; every request needs a good one. */
  subscriptionProblem(request: WireRequest): WireAnswer | undefined;
  token(request: WireRequest): Reading;
  /** The API user of a product call, or the answer that refuses it. */
  userOf(request: WireRequest): { apiUser: string } | { refused: WireAnswer };
}

export function header({ headers }: WireRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

export function makeAccess(
  { subscriptionKey, targetEnvironment }: AccessSettings,
  { users, tokens }: { users: ApiUsers; tokens: AccessTokens },
): Access {
  return {
    subscriptionProblem(request) {
      const key = header(request, 'ocp-apim-subscription-key');
      if (key === undefined || key === '') return answers.missingSubscriptionKey;
      return key === subscriptionKey ? undefined : answers.invalidSubscriptionKey;
    },
    token(request) {
      if (request.body !== '') return { kind: 'answer', answer: answers.empty(400) };
      const [scheme, encoded = ''] = (header(request, 'authorization') ?? '').split(' ');
      const [apiUser = '', apiKey = ''] = Buffer.from(encoded, 'base64').toString().split(':');
      if (scheme !== 'Basic' || apiKey === '' || users.keyOf(apiUser) !== apiKey) {
        return { kind: 'answer', answer: answers.loginFailed };
      }
      const granted = answers.json(200, {
        access_token: tokens.issue(apiUser, apiKey, TOKEN_LIFETIME_SECONDS * 1_000),
        token_type: 'access_token',
        expires_in: TOKEN_LIFETIME_SECONDS,
      });
      return { kind: 'token', answer: granted };
    },
    userOf(request) {
      const authorization = header(request, 'authorization') ?? '';
      const bearer = authorization.startsWith('Bearer ') ? authorization.slice(7) : '';
      const apiUser = tokens.subjectOf(bearer, users.keyOf);
      if (apiUser === undefined) return { refused: answers.invalidToken };
      const environment = header(request, 'x-target-environment');
      if (environment === undefined) return { refused: answers.empty(400) };
      if (environment === targetEnvironment) return { apiUser };
      return { refused: answers.refusal('NOT_ALLOWED_TARGET_ENVIRONMENT') };
    },
  };
}
