/**
 * MTN MoMo Collections as its documentation and field reports describe it: provisioning, token,
 * requesttopay, its status, its callback. It imports nothing of the adapter, so that a wrong field cannot be
 * wrong on both sides.
 */
import {
  type AccessTokens,
  type CallbackRequest,
  type ProviderWire,
  quirkOf,
  type Reading,
  type WireAnswer,
  type WireRequest,
} from '../../src/domain/simulator.ts';
import * as answers from './simulator-answers.ts';
import { readOrder, statusBody, UUID_V4 } from './simulator-order.ts';
import { holderState, sandboxFate } from './simulator-sandbox.ts';
import { makeApiUsers } from './simulator-users.ts';

const TOKEN_LIFETIME_SECONDS = 3_600;
const CHARGE_PATH = '/collection/v1_0/requesttopay';
const BALANCE_PATH = '/collection/v1_0/account/balance';
const HOLDER_PATH =
  /^\/collection\/v1_0\/accountholder\/(?:msisdn|email|party_code)\/([^/]+)\/active$/i;

/** Currency of the collection account; MTN's sandbox, and any other country here, counts in euros. */
const ACCOUNT_CURRENCIES: Record<string, string> = {
  ...{ BJ: 'XOF', CG: 'XAF', CI: 'XOF', CM: 'XAF', GH: 'GHS', GN: 'GNF', LR: 'LRD', NG: 'NGN' },
  ...{ RW: 'RWF', SS: 'SSP', SZ: 'SZL', UG: 'UGX', ZA: 'ZAR', ZM: 'ZMW' },
};

export interface MtnSimulatorSettings {
  subscriptionKey: string;
  apiUser: string;
  apiKey: string;
  /** Value that X-Target-Environment must have: `sandbox`, `mtnzambia`, … */
  targetEnvironment: string;
  /** ISO 3166 alpha-2. */
  country: string;
}

const answer = (given: WireAnswer): Reading => ({ kind: 'answer', answer: given });

function header({ headers }: WireRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

export function makeMtnWire(settings: MtnSimulatorSettings, tokens: AccessTokens): ProviderWire {
  const { subscriptionKey, targetEnvironment, country } = settings;
  const users = makeApiUsers(settings);

  function subscriptionProblem(request: WireRequest): WireAnswer | undefined {
    const key = header(request, 'ocp-apim-subscription-key');
    if (key === undefined || key === '') return answers.missingSubscriptionKey;
    return key === subscriptionKey ? undefined : answers.invalidSubscriptionKey;
  }

  /** The API user behind the bearer token. */
  function userOf(request: WireRequest): string | undefined {
    const authorization = header(request, 'authorization') ?? '';
    if (!authorization.startsWith('Bearer ')) return undefined;
    return tokens.subjectOf(authorization.slice(7), users.keyOf);
  }

  function token(request: WireRequest): Reading {
    if (request.body !== '') return answer(answers.empty(400));
    const [scheme, encoded = ''] = (header(request, 'authorization') ?? '').split(' ');
    const [apiUser = '', apiKey = ''] = Buffer.from(encoded, 'base64').toString().split(':');
    if (scheme !== 'Basic' || apiKey === '' || users.keyOf(apiUser) !== apiKey) {
      return answer(answers.loginFailed);
    }
    const granted = answers.json(200, {
      access_token: tokens.issue(apiUser, apiKey, TOKEN_LIFETIME_SECONDS * 1_000),
      token_type: 'access_token',
      expires_in: TOKEN_LIFETIME_SECONDS,
    });
    return { kind: 'token', answer: granted };
  }

  function charge(request: WireRequest, apiUser: string): Reading {
    const reference = header(request, 'x-reference-id') ?? '';
    if (!UUID_V4.test(reference)) return answer(answers.empty(400));
    const refuse = (refused: WireAnswer): Reading => ({
      kind: 'answer',
      answer: refused,
      postedReference: reference,
    });
    const callbackUrl = header(request, 'x-callback-url') ?? null;
    if (callbackUrl !== null && !URL.canParse(callbackUrl)) return refuse(answers.empty(400));
    if (callbackUrl !== null && !users.mayCallBack(apiUser, callbackUrl)) {
      return refuse(answers.refusal('INVALID_CALLBACK_URL_HOST'));
    }
    const read = readOrder(request.body, reference, callbackUrl);
    return 'order' in read ? { kind: 'charge', order: read.order } : refuse(read.refused);
  }

  function accountHolder(id: string): Reading {
    const state = holderState(id);
    if (state === 'unknown') return answer(answers.refusal('RESOURCE_NOT_FOUND', 404));
    return answer(answers.json(200, { result: state === 'active' }));
  }

  function balance(path: string): Reading {
    const currency = path.split('/')[5] ?? ACCOUNT_CURRENCIES[country] ?? 'EUR';
    return answer(answers.json(200, { availableBalance: '2000', currency }));
  }

  function product(request: WireRequest, apiUser: string): Reading {
    const { method, path } = request;
    if (method === 'POST' && path === CHARGE_PATH) return charge(request, apiUser);
    if (method !== 'GET') return answer(answers.unknownPath);
    if (path.startsWith(`${CHARGE_PATH}/`)) {
      return { kind: 'status', reference: path.slice(CHARGE_PATH.length + 1) };
    }
    if (path === BALANCE_PATH || path.startsWith(`${BALANCE_PATH}/`)) return balance(path);
    const holder = HOLDER_PATH.exec(path)?.[1];
    return holder === undefined ? answer(answers.unknownPath) : accountHolder(holder);
  }

  function read(request: WireRequest): Reading {
    const denied = subscriptionProblem(request);
    if (denied !== undefined) return answer(denied);
    const { method, path } = request;
    if (method === 'POST' && path === '/collection/token/') return token(request);
    if (path === '/v1_0/apiuser' || path.startsWith('/v1_0/apiuser/')) {
      const reference = header(request, 'x-reference-id') ?? '';
      return answer(users.answer(request, UUID_V4.test(reference) ? reference : undefined));
    }
    const apiUser = userOf(request);
    if (apiUser === undefined) return answer(answers.invalidToken);
    const environment = header(request, 'x-target-environment');
    if (environment === undefined) return answer(answers.empty(400));
    if (environment !== targetEnvironment) {
      return answer(answers.refusal('NOT_ALLOWED_TARGET_ENVIRONMENT'));
    }
    return product(request, apiUser);
  }

  return {
    name: 'MTN',
    mount: 'mtn',
    walletPrefix: '+26096000000',
    read,
    taken: () => answers.empty(202),
    duplicate: () => answers.refusal('RESOURCE_ALREADY_EXIST', 409),
    declined: (reason) => answers.refusal(answers.FAILURE_CODES[reason]),
    status: (taken, status) => answers.json(200, statusBody(taken, status)),
    notFound: () => answers.refusal('RESOURCE_NOT_FOUND', 404),
    trouble: answers.trouble,
    callback(taken, { status }): CallbackRequest | null {
      if (taken.callbackUrl === null) return null;
      return {
        // MTN's pages say PUT here and POST there, and "allow both" in a third place.
        method: quirkOf(taken.reference) % 4 < 2 ? 'PUT' : 'POST',
        url: taken.callbackUrl,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(statusBody(taken, status)),
      };
    },
    fateOf: sandboxFate,
    codeOf: (reason) => answers.FAILURE_CODES[reason],
  };
}
