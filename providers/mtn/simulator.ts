/**
 * MTN MoMo Collections as its documentation and field reports describe it: provisioning, token,
 * requesttopay, its status, its callback. It imports nothing of the adapter, so that a wrong field
 * cannot be wrong on both sides.
 */
import {
  type AccessTokens,
  type CallbackRequest,
  type ChargeStatus,
  type ProviderWire,
  quirkOf,
  type Reading,
  type SimulatedCharge,
  type WireAnswer,
  type WireRequest,
} from '../../src/domain/simulator.ts';
import { type AccessSettings, header, makeAccess } from './simulator-access.ts';
import * as answers from './simulator-answers.ts';
import { readOrder, statusBody, UUID_V4 } from './simulator-order.ts';
import { holderState, sandboxFate } from './simulator-sandbox.ts';
import { mtnSheet } from './simulator-statement.ts';
import { type ApiUsers, makeApiUsers } from './simulator-users.ts';

const CHARGE_PATH = '/collection/v1_0/requesttopay';
const BALANCE_PATH = '/collection/v1_0/account/balance';
const HOLDER_PATH =
  /^\/collection\/v1_0\/accountholder\/(?:msisdn|email|party_code)\/([^/]+)\/active$/i;

/**
 * Currency of the collection account; MTN's sandbox, and any other country here, counts in euros.
 */
const ACCOUNT_CURRENCIES: Record<string, string> = {
  ...{ BJ: 'XOF', CG: 'XAF', CI: 'XOF', CM: 'XAF', GH: 'GHS', GN: 'GNF', LR: 'LRD', NG: 'NGN' },
  ...{ RW: 'RWF', SS: 'SSP', SZ: 'SZL', UG: 'UGX', ZA: 'ZAR', ZM: 'ZMW' },
};

export interface MtnSimulatorSettings extends AccessSettings {
  apiUser: string;
  apiKey: string;
  /** ISO 3166 alpha-2. */
  country: string;
}

const answer = (given: WireAnswer): Reading => ({ kind: 'answer', answer: given });

function readCharge(request: WireRequest, apiUser: string, users: ApiUsers): Reading {
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

function accountHolder(id: string): WireAnswer {
  const state = holderState(id);
  if (state === 'unknown') return answers.refusal('RESOURCE_NOT_FOUND', 404);
  return answers.json(200, { result: state === 'active' });
}

function callback(taken: SimulatedCharge, status: ChargeStatus): CallbackRequest | null {
  if (taken.callbackUrl === null) return null;
  return {
    // MTN's pages say PUT here and POST there, and "allow both" in a third place.
    method: quirkOf(taken.reference) % 4 < 2 ? 'PUT' : 'POST',
    url: taken.callbackUrl,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(statusBody(taken, status)),
  };
}

export function makeMtnWire(settings: MtnSimulatorSettings, tokens: AccessTokens): ProviderWire {
  const users = makeApiUsers(settings);
  const access = makeAccess(settings, { users, tokens });

  function balance(path: string): WireAnswer {
    const asked = path.slice(BALANCE_PATH.length + 1);
    const currency = asked === '' ? (ACCOUNT_CURRENCIES[settings.country] ?? 'EUR') : asked;
    return answers.json(200, { availableBalance: '2000', currency });
  }

  function product(request: WireRequest, apiUser: string): Reading {
    const { method, path } = request;
    if (method === 'POST' && path === CHARGE_PATH) return readCharge(request, apiUser, users);
    if (method !== 'GET') return answer(answers.unknownPath);
    if (path.startsWith(`${CHARGE_PATH}/`)) {
      return { kind: 'status', reference: path.slice(CHARGE_PATH.length + 1) };
    }
    if (path === BALANCE_PATH || path.startsWith(`${BALANCE_PATH}/`)) return answer(balance(path));
    const holder = HOLDER_PATH.exec(path)?.[1];
    return answer(holder === undefined ? answers.unknownPath : accountHolder(holder));
  }

  function read(request: WireRequest): Reading {
    const denied = access.subscriptionProblem(request);
    if (denied !== undefined) return answer(denied);
    const { method, path } = request;
    if (method === 'POST' && path === '/collection/token/') return access.token(request);
    if (path === '/v1_0/apiuser' || path.startsWith('/v1_0/apiuser/')) {
      const reference = header(request, 'x-reference-id') ?? '';
      return answer(users.answer(request, UUID_V4.test(reference) ? reference : undefined));
    }
    const user = access.userOf(request);
    return 'refused' in user ? answer(user.refused) : product(request, user.apiUser);
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
    callback: (taken, { status }) => callback(taken, status),
    fateOf: sandboxFate,
    codeOf: (reason) => answers.FAILURE_CODES[reason],
    sheet: mtnSheet,
  };
}
