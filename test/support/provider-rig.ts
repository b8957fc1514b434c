/** Both providers behind one interface, for suites that run identically against each. */
import type { Socket } from 'node:net';
import { airtel } from '../../providers/airtel/adapter.ts';
import { mtn } from '../../providers/mtn/adapter.ts';
import { makeHttpClient } from '../../src/adapters/provider-http/http-client.ts';
import type { ChargeOutcome, ChargeRequest, PaymentProvider } from '../../src/domain/provider.ts';
import type { ProviderDefinition, ProviderSettings } from '../../src/domain/provider-definition.ts';
import { systemClock } from '../../src/system.ts';
import {
  jsonAnswer,
  type RawHandler,
  type RawRequest,
  type RawServer,
  startRawServer,
} from './raw-server.ts';

export const TIMING = { connectMs: 1_000, totalMs: 3_000 };
export const REFERENCE_BYTES = Uint8Array.from({ length: 16 }, (_, index) => index * 16 + 1);

/** One provider with the words it says on the wire. Written from its documentation, not from the mapping. */
export interface ProviderSpec {
  name: string;
  definition: ProviderDefinition;
  settings(baseUrl: string): Record<string, string>;
  isToken(request: RawRequest): boolean;
  token(token: string, expiresInSeconds?: number): string;
  tokenRefused: string;
  accepted(reference: string): string;
  duplicate: string;
  /** Refused in documented words, as a busy provider does. */
  refused: string;
  insufficientFunds: string;
  succeeded(reference: string): string;
  pending(reference: string): string;
  failed(reference: string): string;
  notFound: string;
}

const mtnState = (fields: object) =>
  jsonAnswer(200, { amount: '20', currency: 'ZMW', externalId: 'pay_1', ...fields });

const airtelState = (id: string, status: string, response_code = 'DP00800001006') =>
  jsonAnswer(200, {
    data: { transaction: { airtel_money_id: 'MP1', id, message: 'm', status } },
    status: { code: '200', success: false, result_code: 'ESB000010', response_code },
  });

const airtelRefusal = (status: object, http = 200) =>
  jsonAnswer(http, { status: { code: '400', success: false, ...status } });

export const PROVIDER_SPECS: readonly ProviderSpec[] = [
  {
    name: 'MTN',
    definition: mtn,
    settings: (baseUrl) => ({
      MTN_COUNTRY: 'ZM',
      MTN_CURRENCIES: 'ZMW,EUR',
      MTN_BASE_URL: baseUrl,
      MTN_SUBSCRIPTION_KEY: 'subscription-key',
      MTN_API_USER: '4b3c9a52-6c1e-4d5a-9f0e-0d2d7a5f1b11',
      MTN_API_KEY: 'api-key',
      MTN_TARGET_ENVIRONMENT: 'mtnzambia',
    }),
    isToken: ({ path }) => path === '/collection/token/',
    token: (access_token, expires_in = 3_600) =>
      jsonAnswer(200, { access_token, token_type: 'access_token', expires_in }),
    tokenRefused: jsonAnswer(401, { error: 'login_failed' }),
    accepted: () => 'HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n',
    duplicate: jsonAnswer(409, { code: 'RESOURCE_ALREADY_EXIST', message: 'Duplicated' }),
    refused: jsonAnswer(503, { code: 'SERVICE_UNAVAILABLE', message: 'later' }),
    insufficientFunds: jsonAnswer(500, { code: 'NOT_ENOUGH_FUNDS', message: 'm' }),
    succeeded: () => mtnState({ status: 'SUCCESSFUL', financialTransactionId: '1232581108' }),
    pending: () => mtnState({ status: 'PENDING' }),
    failed: () => mtnState({ status: 'FAILED', reason: 'NOT_ENOUGH_FUNDS' }),
    notFound: jsonAnswer(404, { code: 'RESOURCE_NOT_FOUND', message: 'm' }),
  },
  {
    name: 'AIRTEL',
    definition: airtel,
    settings: (baseUrl) => ({
      AIRTEL_COUNTRY: 'ZM',
      AIRTEL_CURRENCIES: 'ZMW,EUR',
      AIRTEL_BASE_URL: baseUrl,
      AIRTEL_CLIENT_ID: 'client-id',
      AIRTEL_CLIENT_SECRET: 'client-secret',
    }),
    isToken: ({ path }) => path === '/auth/oauth2/token',
    token: (access_token, expires_in = 180) =>
      jsonAnswer(200, { access_token, token_type: 'bearer', expires_in: String(expires_in) }),
    tokenRefused: jsonAnswer(400, { error: 'invalid_client', error_description: 'd' }),
    accepted: (id) =>
      jsonAnswer(200, {
        data: { transaction: { id, status: 'SUCCESS' } },
        status: {
          ...{ code: '200', message: 'SUCCESS', result_code: 'ESB000010', success: true },
          response_code: 'DP00800001006',
        },
      }),
    duplicate: airtelRefusal({ result_code: 'ESB000041', message: 'already exists' }),
    refused: airtelRefusal({ message: 'Too many requests' }, 429),
    insufficientFunds: airtelRefusal({ response_code: 'DP00800001007', message: 'm' }),
    succeeded: (id) => airtelState(id, 'TS'),
    pending: (id) => airtelState(id, 'TIP'),
    failed: (id) => airtelState(id, 'TF', 'DP00800001007'),
    notFound: airtelRefusal({ response_code: 'DP00800001025', message: 'Not Found' }),
  },
];

export function makeProvider(
  { definition }: ProviderSpec,
  settings: ProviderSettings,
  timing = TIMING,
): PaymentProvider & AsyncDisposable {
  const parsed = definition.parseConfig(settings);
  if (!parsed.ok) throw new Error(`settings: ${JSON.stringify(parsed.problems)}`);
  const provider = definition.make(parsed.value, {
    http: makeHttpClient,
    clock: systemClock,
    timing,
  });
  return { ...provider, [Symbol.asyncDispose]: () => provider.close() };
}

export function chargeOf(
  provider: PaymentProvider,
  fields: Partial<ChargeRequest> = {},
): ChargeRequest {
  return {
    reference: provider.spellReference(REFERENCE_BYTES),
    paymentId: 'pay_0192f0c1d2e34f5a8b9c0d1e2f3a4b5c',
    amountMinor: 2_000n,
    currency: 'ZMW',
    msisdn: provider.name === 'MTN' ? '+260961234567' : '+260971234567',
    description: 'Two chairs',
    callbackUrl: null,
    ...fields,
  };
}

/** Answers token requests well, and everything else as told. */
export function afterToken(
  spec: ProviderSpec,
  product: (socket: Socket, request: RawRequest) => void,
): (socket: Socket, request: RawRequest) => void {
  return (socket, request) => {
    if (spec.isToken(request)) socket.write(spec.token('token-1'));
    else product(socket, request);
  };
}

const TIMEOUT_MS = 3_000;

export async function withProvider<T>(
  spec: ProviderSpec,
  handler: RawHandler,
  use: (provider: PaymentProvider, server: RawServer) => Promise<T>,
): Promise<T> {
  await using server = await startRawServer(handler);
  await using provider = makeProvider(spec, spec.settings(server.url));
  return await use(provider, server);
}

export function sendCharge(provider: PaymentProvider, timeoutMs = TIMEOUT_MS) {
  return provider.charge(chargeOf(provider), { timeoutMs });
}

export function sendQuery(provider: PaymentProvider, timeoutMs = TIMEOUT_MS) {
  const reference = provider.spellReference(REFERENCE_BYTES);
  return provider.queryStatus({ reference, currency: 'ZMW' }, { timeoutMs });
}

export function kindOf(outcome: ChargeOutcome): string {
  return outcome.kind === 'not_taken' ? `not_taken/${outcome.cause}` : outcome.kind;
}
