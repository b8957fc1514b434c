/** Who may call: client credentials, bearer, market headers. */
import type { AccessTokens, Reading, WireAnswer, WireRequest } from '../../src/domain/simulator.ts';
import * as answers from './simulator-answers.ts';

/**
 * Three minutes, as the portal's samples show: short, so that expiry is met in every longer run.
 */
const TOKEN_LIFETIME_SECONDS = 180;

export interface AccessSettings {
  clientId: string;
  clientSecret: string;
  /** ISO 3166 alpha-2; the value that X-Country must have. */
  country: string;
}

export interface Access {
  token(request: WireRequest): Reading;
  /** The currency of a product call, or the answer that refuses it. */
  currencyOf(request: WireRequest): { currency: string } | { refused: WireAnswer };
}

/** An empty header is a missing one to Airtel's router. */
export function header({ headers }: WireRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

export function makeAccess(settings: AccessSettings, tokens: AccessTokens): Access {
  const { clientId, clientSecret, country } = settings;
  const secretOf = (subject: string) => (subject === clientId ? clientSecret : undefined);

  function isAuthorized(request: WireRequest): boolean {
    const authorization = header(request, 'authorization') ?? '';
    if (!authorization.toLowerCase().startsWith('bearer ')) return false;
    return tokens.subjectOf(authorization.slice(7), secretOf) !== undefined;
  }

  return {
    token({ body }) {
      const { grant_type, client_id, client_secret } = parse(body);
      if (grant_type !== 'client_credentials') {
        const refused = answers.oauth(400, 'unsupported_grant_type', 'Invalid grant type');
        return { kind: 'answer', answer: refused };
      }
      if (client_id !== clientId || client_secret !== clientSecret) {
        return { kind: 'answer', answer: answers.invalidClient };
      }
      const granted = answers.json(200, {
        access_token: tokens.issue(clientId, clientSecret, TOKEN_LIFETIME_SECONDS * 1_000),
        expires_in: String(TOKEN_LIFETIME_SECONDS),
        token_type: 'bearer',
      });
      return { kind: 'token', answer: granted };
    },
    currencyOf(request) {
      if (!isAuthorized(request)) return { refused: answers.invalidToken };
      const currency = header(request, 'x-currency');
      const asked = header(request, 'x-country');
      if (currency === undefined || asked === undefined) return { refused: answers.missingPart };
      return asked === country ? { currency } : { refused: answers.wrongCountry };
    },
  };
}
