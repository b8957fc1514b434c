import { keyOf, type LoadSpec } from './load-spec.ts';

/** Subscriber numbers of Zambia by operator; the last seven digits are the payer's own. */
const WALLET_PREFIX = { MTN: '+26096', AIRTEL: '+26097' } as const;
/** The simulators know the wallets from 0000001 to 0000009, which do not simply succeed. */
const FIRST_SUBSCRIBER = 1_000_000;
const SUBSCRIBERS = 8_999_999;

/** The bytes of request n: the contract's own example, with a key and a payer of its own. */
export function makePayRequests(spec: LoadSpec): (n: number) => string {
  const { host, port, apiKey, provider, run, distinctKeys } = spec;
  const head =
    `POST /v1/pay HTTP/1.1\r\nHost: ${host}:${port}\r\nAuthorization: Bearer ${apiKey}\r\n` +
    'Content-Type: application/json\r\n';
  return (n) => {
    const index = distinctKeys === null ? n : n % distinctKeys;
    const key = keyOf(run, index);
    const msisdn = WALLET_PREFIX[provider] + (FIRST_SUBSCRIBER + (index % SUBSCRIBERS));
    const body =
      `{"amount":"20.00","currency":"ZMW","payer":{"msisdn":"${msisdn}"},"provider":"${provider}",` +
      `"reference":"${key}","description":"Two chairs","metadata":{"cart":"9"}}`;
    return `${head}Idempotency-Key: ${key}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
}
