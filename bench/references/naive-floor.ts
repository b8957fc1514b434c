// The naive floor: the I/O of a payment by hand, and nothing else. Bare node:http, a claim in Redis, one commit
// for the intent, the provider's call over a pool of sockets, one commit for the outcome and its outbox row.
// No validation, no rate limit, no breaker, no log, no metric, no replay: nobody should run this.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Pool } from 'undici';

const {
  PORT,
  DATABASE_URL,
  REDIS_URL,
  AIRTEL_BASE_URL = '',
  CLIENT_ID,
  CLIENT_SECRET,
} = process.env;
/** As many as our api has by default. */
const DATABASE_CONNECTIONS = 16;
const PROVIDER_CONNECTIONS = 256;
const CLAIM_MS = 10_000;

const SCHEMA = `
create table payments (
  id uuid primary key, key text not null unique, status text not null, amount text not null,
  currency text not null, msisdn text not null, provider text not null, reference text,
  description text, metadata jsonb, answer text, created_at timestamptz not null default now());
create table outbox (
  id bigint generated always as identity primary key, payment_id uuid not null, value text not null,
  created_at timestamptz not null default now())`;

const INTENT = `
insert into payments (id, key, status, amount, currency, msisdn, provider, reference, description, metadata)
values ($1, $2, 'RECEIVED', $3, $4, $5, $6, $7, $8, $9)`;

const OUTCOME = `
with moved as (update payments set status = 'ACCEPTED', answer = $2 where id = $1)
insert into outbox (payment_id, value) values ($1, $3)`;

const database = new pg.Pool({ connectionString: DATABASE_URL, max: DATABASE_CONNECTIONS });
const redis = new Redis(REDIS_URL ?? '');
const provider = new Pool(new URL(AIRTEL_BASE_URL).origin, { connections: PROVIDER_CONNECTIONS });
const providerPath = new URL(AIRTEL_BASE_URL).pathname;

async function requestToken(): Promise<string> {
  const { body } = await provider.request({
    method: 'POST',
    path: `${providerPath}/auth/oauth2/token`,
    headers: { 'content-type': 'application/json', accept: '*/*' },
    body: JSON.stringify({
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      grant_type: 'client_credentials',
    }),
  });
  const { access_token } = (await body.json()) as { access_token: string };
  return access_token;
}

await database.query(SCHEMA);
const token = await requestToken();

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

async function charge(id: string, msisdn: string, currency: string): Promise<void> {
  const { body } = await provider.request({
    method: 'POST',
    path: `${providerPath}/merchant/v1/payments/`,
    headers: {
      authorization: `Bearer ${token}`,
      accept: '*/*',
      'content-type': 'application/json',
      'x-country': 'ZM',
      'x-currency': currency,
    },
    body: JSON.stringify({
      reference: id.replaceAll('-', ''),
      subscriber: { country: 'ZM', currency, msisdn: msisdn.slice(4) },
      transaction: { amount: 20, country: 'ZM', currency, id: id.replaceAll('-', '') },
    }),
  });
  const { status } = (await body.json()) as { status?: { success?: boolean } };
  if (status?.success !== true) throw new Error('the charge was not taken');
}

async function pay(request: IncomingMessage): Promise<{ status: number; answer: string }> {
  const key = String(request.headers['idempotency-key']);
  const { amount, currency, payer, ...rest } = JSON.parse(await readBody(request));
  if ((await redis.set(key, '1', 'PX', CLAIM_MS, 'NX')) === null)
    return { status: 409, answer: '{}' };
  const id = randomUUID();
  const { msisdn } = payer;
  const { provider: name, reference, description, metadata } = rest;
  await database.query({
    name: 'intent',
    text: INTENT,
    values: [id, key, amount, currency, msisdn, name, reference, description, metadata],
  });
  await charge(id, msisdn, currency);
  const answer = JSON.stringify({ id, status: 'ACCEPTED', amount, currency, payer, ...rest });
  await database.query({ name: 'outcome', text: OUTCOME, values: [id, answer, answer] });
  return { status: 202, answer };
}

const server = createServer(async (request, response) => {
  const { status, answer } =
    request.method === 'GET'
      ? { status: 200, answer: 'ok' }
      : await pay(request).catch((error: Error) => ({ status: 500, answer: error.message }));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(answer),
  });
  response.end(answer);
});
server.listen(Number(PORT), '127.0.0.1');
