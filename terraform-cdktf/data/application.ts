/** What our own code needs to keep: made once, and the books are unreadable without it. */
import type { Access, Context } from '../stacks/parts.ts';
import { accessTo, objectOf, type Secrets } from './secrets.ts';

const PLAIN = ['REFERENCE_SECRET', 'API_KEY_PEPPER', 'BLIND_INDEX_KEY'];
/** AES-256 wants 32 bytes: 32 letters and digits, as base64, hold 190 bits of chance. */
const KEY_BYTES = 32;

export function makeApplicationSecret({ settings }: Context, secrets: Secrets): Access {
  const random = (name: string, length?: number) => secrets.random(name.toLowerCase(), length);
  const encryption = `"k1:\${base64encode(${random('ENCRYPTION_KEY', KEY_BYTES)})}"`;
  const names = [...PLAIN, 'ENCRYPTION_KEYS'];
  return secrets.make('application', {
    name: `${settings.name}/application`,
    description: 'Keys of the gateway itself: references, API keys, payer look-up, encryption',
    variables: Object.fromEntries(names.map((name) => [name, name])),
    value: objectOf({
      ...Object.fromEntries(PLAIN.map((name) => [name, random(name)])),
      ENCRYPTION_KEYS: encryption,
    }),
    irreplaceable: true,
  }).access;
}

const PROVIDERS = [
  'MTN_SUBSCRIPTION_KEY',
  'MTN_API_USER',
  'MTN_API_KEY',
  'AIRTEL_CLIENT_ID',
  'AIRTEL_CLIENT_SECRET',
  'AIRTEL_CALLBACK_KEY',
];

/** MTN knows its users by one. Terraform's own has no version in it: the 13th digit is as random as the rest. */
const UUID_V4 =
  'join("", [substr(uuid(), 0, 14), "4", substr(uuid(), 15, 4), "a", substr(uuid(), 20, 16)])';

/** The simulators believe any credentials; real ones are a team's own secret. */
export function makeProvidersSecret({ settings }: Context, secrets: Secrets): Access {
  const variables = Object.fromEntries(PROVIDERS.map((name) => [name, name]));
  if (settings.existingProvidersSecretArn !== null) {
    return accessTo(settings.existingProvidersSecretArn, variables);
  }
  const value = (name: string) =>
    name === 'MTN_API_USER' ? UUID_V4 : secrets.random(name.toLowerCase());
  return secrets.make('providers', {
    name: `${settings.name}/providers`,
    description: 'Credentials at the simulated providers',
    variables,
    value: objectOf(Object.fromEntries(PROVIDERS.map((name) => [name, value(name)]))),
  }).access;
}
