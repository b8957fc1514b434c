/**
 * Airtel Money collections as its documentation and field reports describe it: token, USSD push (v1, and v2
 * with message signing), enquiry, callback. It imports nothing of the adapter, so that a wrong field cannot
 * be wrong on both sides.
 */
import type {
  AccessTokens,
  ProviderWire,
  Reading,
  WireAnswer,
  WireRequest,
} from '../../src/domain/simulator.ts';
import * as answers from './simulator-answers.ts';
import { readOrder, requireCountry } from './simulator-order.ts';
import { makeSigningKeys } from './simulator-signature.ts';
import { acceptance, callback, enquiry } from './simulator-status.ts';

/** Three minutes, as the portal's samples show: short, so that expiry is met in every longer run. */
const TOKEN_LIFETIME_SECONDS = 180;
const CHARGE_PATHS = ['/merchant/v1/payments/', '/merchant/v2/payments/'];
const ENQUIRY_PATH = '/standard/v1/payments/';
const KEYS_PATH = '/v1/rsa/encryption-keys';

export interface AirtelSimulatorSettings {
  clientId: string;
  clientSecret: string;
  /** ISO 3166 alpha-2; the value that X-Country must have. */
  country: string;
  /** Airtel keeps one URL per application. A function is asked at each charge. */
  callbackUrl: string | null | (() => string | null);
  /** Signs callbacks; null when the application has callback authentication off. */
  callbackKey: string | null;
}

const answer = (given: WireAnswer): Reading => ({ kind: 'answer', answer: given });

function header({ headers }: WireRequest, name: string): string | undefined {
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

export function makeAirtelWire(
  settings: AirtelSimulatorSettings,
  tokens: AccessTokens,
): ProviderWire {
  const { clientId, clientSecret, country, callbackUrl, callbackKey } = settings;
  const signingKeys = makeSigningKeys();
  requireCountry(country);

  function token({ body }: WireRequest): Reading {
    const given = parse(body);
    if (given.grant_type !== 'client_credentials') {
      return answer(answers.oauth(400, 'unsupported_grant_type', 'Invalid grant type'));
    }
    if (given.client_id !== clientId || given.client_secret !== clientSecret) {
      return answer(answers.invalidClient);
    }
    const granted = answers.json(200, {
      access_token: tokens.issue(clientId, clientSecret, TOKEN_LIFETIME_SECONDS * 1_000),
      expires_in: String(TOKEN_LIFETIME_SECONDS),
      token_type: 'bearer',
    });
    return { kind: 'token', answer: granted };
  }

  function isAuthorized(request: WireRequest): boolean {
    const authorization = header(request, 'authorization') ?? '';
    if (!authorization.toLowerCase().startsWith('bearer ')) return false;
    const secretOf = (subject: string) => (subject === clientId ? clientSecret : undefined);
    return tokens.subjectOf(authorization.slice(7), secretOf) !== undefined;
  }

  function isSignedWell(request: WireRequest): boolean {
    const signature = header(request, 'x-signature');
    const key = header(request, 'x-key');
    if (signature === undefined && key === undefined) return true;
    return signingKeys.verify(request.body, signature ?? '', key ?? '');
  }

  function charge(request: WireRequest, currency: string): Reading {
    if (!isSignedWell(request)) return answer(answers.badSignature);
    const url = typeof callbackUrl === 'function' ? callbackUrl() : callbackUrl;
    const read = readOrder(request.body, { country, currency, callbackUrl: url });
    if ('order' in read) return { kind: 'charge', order: read.order };
    const { refused, reference } = read;
    return { kind: 'answer', answer: refused, ...(reference && { postedReference: reference }) };
  }

  function encryptionKeys(): Reading {
    const status = {
      code: '200',
      message: 'SUCCESS',
      result_code: 'ESB000010',
      response_code: 'DP02010001001',
      success: true,
    };
    return answer(answers.envelope(200, status, signingKeys.published()));
  }

  function read(request: WireRequest): Reading {
    const { method, path } = request;
    if (method === 'POST' && path === '/auth/oauth2/token') return token(request);
    if (!isAuthorized(request)) return answer(answers.invalidToken);
    const currency = header(request, 'x-currency');
    const marketCountry = header(request, 'x-country');
    if (currency === undefined || marketCountry === undefined) return answer(answers.missingPart);
    if (marketCountry !== country) return answer(answers.wrongCountry);
    if (method === 'POST' && CHARGE_PATHS.includes(path)) return charge(request, currency);
    if (method === 'GET' && path === KEYS_PATH) return encryptionKeys();
    if (method === 'GET' && path.startsWith(ENQUIRY_PATH)) {
      return { kind: 'status', reference: path.slice(ENQUIRY_PATH.length) };
    }
    return answer(answers.unknownPath);
  }

  return {
    name: 'AIRTEL',
    mount: 'airtel',
    walletPrefix: '+26097000000',
    read,
    taken: acceptance,
    duplicate: () => answers.duplicate,
    declined: answers.declined,
    status: enquiry,
    notFound: () => answers.notFound,
    trouble: answers.trouble,
    callback: (taken, claim) => callback(taken, claim, callbackKey),
    // Airtel's sandbox has no magic numbers.
    fateOf: () => undefined,
    codeOf: answers.codeOf,
  };
}
