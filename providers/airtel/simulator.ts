/**
 * Airtel Money collections as its documentation and field reports describe it: token, USSD push
 * (v1, and v2 with message signing), enquiry, callback. It imports nothing of the adapter, so that
 * a wrong field cannot be wrong on both sides.
 */
import type {
  AccessTokens,
  ProviderWire,
  Reading,
  WireAnswer,
  WireRequest,
} from '../../src/domain/simulator.ts';
import { type AccessSettings, header, makeAccess } from './simulator-access.ts';
import * as answers from './simulator-answers.ts';
import { readOrder, requireCountry } from './simulator-order.ts';
import { makeSigningKeys } from './simulator-signature.ts';
import { airtelSheet } from './simulator-statement.ts';
import { acceptance, callback, enquiry } from './simulator-status.ts';

const CHARGE_PATHS = ['/merchant/v1/payments/', '/merchant/v2/payments/'];
const ENQUIRY_PATH = '/standard/v1/payments/';
const KEYS_PATH = '/v1/rsa/encryption-keys';

export interface AirtelSimulatorSettings extends AccessSettings {
  /** Airtel keeps one URL per application. A function is asked at each charge. */
  callbackUrl: string | null | (() => string | null);
  /** Signs callbacks; null when the application has callback authentication off. */
  callbackKey: string | null;
}

const answer = (given: WireAnswer): Reading => ({ kind: 'answer', answer: given });

export function makeAirtelWire(
  settings: AirtelSimulatorSettings,
  tokens: AccessTokens,
): ProviderWire {
  const { country, callbackUrl, callbackKey } = settings;
  const access = makeAccess(settings, tokens);
  const signingKeys = makeSigningKeys();
  requireCountry(country);

  /** A request without the two headers is not signed, which is well here. */
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

  function read(request: WireRequest): Reading {
    const { method, path } = request;
    if (method === 'POST' && path === '/auth/oauth2/token') return access.token(request);
    const market = access.currencyOf(request);
    if ('refused' in market) return answer(market.refused);
    if (method === 'POST' && CHARGE_PATHS.includes(path)) return charge(request, market.currency);
    if (method === 'GET' && path === KEYS_PATH) {
      return answer(answers.encryptionKeys(signingKeys.published()));
    }
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
    sheet: airtelSheet,
  };
}
