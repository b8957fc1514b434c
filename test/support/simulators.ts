/** Simulators on a free port, and clients that speak to them without any code of the adapters. */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import {
  type RunningSimulators,
  type SimulatorsOptions,
  startSimulators,
} from '../../src/simulators.ts';

export const MTN_CREDENTIALS = {
  subscriptionKey: 'collections-key',
  apiUser: '5f4b7e2a-6f0e-4a57-9d53-2f6a1f1f8a01',
  apiKey: 'an-api-key-of-the-tests',
  targetEnvironment: 'mtnzambia',
  country: 'ZM',
};
export const AIRTEL_CREDENTIALS = {
  clientId: 'airtel-client',
  clientSecret: 'airtel-secret-of-the-tests',
  country: 'ZM',
  callbackUrl: null,
  callbackKey: null,
};

export function startTestSimulators(
  options: Partial<SimulatorsOptions> = {},
): Promise<RunningSimulators> {
  return startSimulators({
    host: '127.0.0.1',
    port: 0,
    settleMs: 0,
    mtn: MTN_CREDENTIALS,
    airtel: AIRTEL_CREDENTIALS,
    ...options,
  });
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON, or undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  json: any;
}

export async function call(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {}
  return { status: response.status, headers: response.headers, text, json };
}

export interface ControlledCharge {
  provider: string;
  reference: string;
  externalId: string;
  msisdn: string;
  amount: string;
  currency: string;
  status: string;
  requests: number;
}

export function controlOf({ url }: { url: string }) {
  const control = `${url}/control`;
  const put = (plan: unknown) =>
    call(`${control}/faults`, { method: 'PUT', body: JSON.stringify(plan) });
  return {
    put,
    /** Rules that are good; fails when one is not. */
    async faults(...rules: object[]) {
      const answer = await put({ seed: 22, rules });
      if (answer.status !== 200) throw new Error(answer.text);
    },
    clear: () => call(`${control}/faults`, { method: 'DELETE' }),
    /** How often each fault has happened, by operation and name. */
    async fired(): Promise<Record<string, number>> {
      return (await call(`${control}/faults`)).json.fired;
    },
    reset: () => call(`${control}/reset`, { method: 'POST' }),
    async charges(): Promise<ControlledCharge[]> {
      return (await call(`${control}/charges`)).json.charges;
    },
  };
}

export interface TestCharge {
  reference?: string;
  msisdn?: string;
  amount?: string;
  currency?: string;
  callbackUrl?: string;
  signal?: AbortSignal;
}

/** What a test needs of a provider, whichever it is. */
export interface TestClient {
  provider: 'MTN' | 'AIRTEL';
  newReference(): string;
  token(): Promise<Answer>;
  charge(charge?: TestCharge): Promise<Answer>;
  /** The charge's HTTP request as bytes, for a socket of one's own. */
  rawCharge(charge?: TestCharge): string;
  status(reference: string): Promise<Answer>;
}

interface Built {
  path: string;
  headers: Record<string, string>;
  body: string;
}

function raw(port: number, { path, headers, body }: Built): string {
  const length = { 'content-length': String(body.length), connection: 'close' };
  const all = { host: `127.0.0.1:${port}`, ...length, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

export async function mtnClient(simulators: RunningSimulators): Promise<TestClient> {
  const { subscriptionKey, apiUser, apiKey, targetEnvironment } = MTN_CREDENTIALS;
  const base = `${simulators.url}/mtn`;
  const key = { 'ocp-apim-subscription-key': subscriptionKey };
  const token = () =>
    call(`${base}/collection/token/`, {
      method: 'POST',
      headers: { ...key, authorization: `Basic ${btoa(`${apiUser}:${apiKey}`)}` },
    });
  const bearer = `Bearer ${(await token()).json.access_token}`;
  const product = { ...key, authorization: bearer, 'x-target-environment': targetEnvironment };

  function build(charge: TestCharge = {}): Built {
    const { reference = randomUUID(), msisdn = '+260961234567', callbackUrl } = charge;
    const { amount = '20.00', currency = 'ZMW' } = charge;
    const payer = { partyIdType: 'MSISDN', partyId: msisdn.slice(1) };
    const texts = { payerMessage: 'Two chairs', payeeNote: 'Two chairs' };
    return {
      path: '/mtn/collection/v1_0/requesttopay',
      headers: {
        ...product,
        'content-type': 'application/json',
        'x-reference-id': reference,
        ...(callbackUrl !== undefined && { 'x-callback-url': callbackUrl }),
      },
      body: JSON.stringify({ amount, currency, externalId: 'order17', payer, ...texts }),
    };
  }

  return {
    provider: 'MTN',
    newReference: randomUUID,
    token,
    charge(charge) {
      const { path, headers, body } = build(charge);
      const signal = charge?.signal ?? null;
      return call(simulators.url + path, { method: 'POST', headers, body, signal });
    },
    rawCharge: (charge) => raw(simulators.port, build(charge)),
    status: (reference) =>
      call(`${base}/collection/v1_0/requesttopay/${reference}`, { headers: product }),
  };
}

export async function airtelClient(simulators: RunningSimulators): Promise<TestClient> {
  const { clientId, clientSecret } = AIRTEL_CREDENTIALS;
  const base = `${simulators.url}/airtel`;
  const token = () =>
    call(`${base}/auth/oauth2/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: clientId,
        client_secret: clientSecret,
        grant_type: 'client_credentials',
      }),
    });
  const bearer = `Bearer ${(await token()).json.access_token}`;
  const product = (currency: string) => ({
    authorization: bearer,
    'x-country': 'ZM',
    'x-currency': currency,
  });
  const newReference = () => randomUUID().replaceAll('-', '').toUpperCase().slice(0, 25);

  function build(charge: TestCharge = {}): Built {
    const { reference = newReference(), msisdn = '+260971234567' } = charge;
    const { amount = '20.00', currency = 'ZMW' } = charge;
    const subscriber = JSON.stringify({ country: 'ZM', currency, msisdn: msisdn.slice(4) });
    const transaction = `{"amount":${amount},"country":"ZM","id":"${reference}"}`;
    return {
      path: '/airtel/merchant/v1/payments/',
      headers: { ...product(currency), 'content-type': 'application/json' },
      body: `{"reference":"order17","subscriber":${subscriber},"transaction":${transaction}}`,
    };
  }

  return {
    provider: 'AIRTEL',
    newReference,
    token,
    charge(charge) {
      const { path, headers, body } = build(charge);
      const signal = charge?.signal ?? null;
      return call(simulators.url + path, { method: 'POST', headers, body, signal });
    },
    rawCharge: (charge) => raw(simulators.port, build(charge)),
    status: (reference) =>
      call(`${base}/standard/v1/payments/${reference}`, { headers: product('ZMW') }),
  };
}

export interface SocketStory {
  received: string;
  bytes: number;
  /**
   * How it ended: by the peer's FIN, by an error such as ECONNRESET, or still open at the limit.
   */
  end: 'closed' | 'open' | string;
}

/** Sends `text` on a socket of its own and tells what the socket saw. */
export function socketStory(port: number, text: string, quietMs = 300): Promise<SocketStory> {
  return new Promise((resolve) => {
    const story: SocketStory = { received: '', bytes: 0, end: 'open' };
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(text));
    socket.setTimeout(quietMs, () => socket.destroy());
    socket.on('data', (chunk) => {
      story.bytes += chunk.length;
      if (story.received.length < 10_000) story.received += chunk.toString();
    });
    socket.on('end', () => {
      story.end = 'closed';
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      story.end = error.code ?? 'error';
    });
    socket.on('close', () => resolve(story));
  });
}
