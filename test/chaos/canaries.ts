import { makeReferenceKeys } from '../../src/adapters/crypto/reference-keys.ts';

/** SEC-10: values that no log line, and nothing on Kafka, may contain. */
const SECRETS = [
  ...['REFERENCE_SECRET', 'API_KEY_PEPPER', 'BLIND_INDEX_KEY', 'ENCRYPTION_KEYS'],
  ...['MTN_SUBSCRIPTION_KEY', 'MTN_API_KEY'],
  ...['AIRTEL_CLIENT_SECRET', 'AIRTEL_CALLBACK_KEY'],
];

const literally = (text: string) => text.replace(/\W/g, '\\$&');

/** How much of a leak is shown: enough to find it. */
const SHOWN = 300;
const MAX_SHOWN = 5;

export interface Canaries {
  add(value: string): void;
  /** A wallet, however it is spelled: with plus, without, or as Airtel writes it. */
  addWallet(msisdn: string): void;
  /** The token in the address of its callbacks. */
  addPayment(id: string): void;
  /** The places where one of them stands, at most a few. */
  search(texts: readonly string[]): string[];
}

export function makeCanaries(env: Readonly<Record<string, string>>): Canaries {
  const values = new Set<string>();
  for (const name of SECRETS) {
    const value = env[name];
    // A key's id, before the colon, is no secret.
    if (value) values.add(value.split(':').at(-1) as string);
  }
  const { MTN_API_USER, MTN_API_KEY, DATABASE_URL } = env;
  values.add(Buffer.from(`${MTN_API_USER}:${MTN_API_KEY}`).toString('base64'));
  const password = new URL(DATABASE_URL ?? 'postgres://x').password;
  if (password) values.add(password);
  const references = makeReferenceKeys(Buffer.from(env.REFERENCE_SECRET ?? ''));
  return {
    add: (value) => void values.add(value),
    addWallet(msisdn) {
      values.add(msisdn.slice(4));
    },
    addPayment: (id) => void values.add(references.callbackMac(id)),
    search(texts) {
      const pattern = new RegExp([...values].map(literally).join('|'));
      return texts
        .filter((text) => pattern.test(text))
        .slice(0, MAX_SHOWN)
        .map((text) => `a canary stands in: ${text.slice(0, SHOWN)}`);
    },
  };
}
