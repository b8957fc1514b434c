/** `admin merchant` and `admin key`. What they make stands alone on its line. */
import { hashApiKey, newApiKey, shownPrefix } from '../adapters/crypto/api-keys.ts';
import type { MerchantStore } from '../adapters/postgres/merchants.ts';
import { needed, type Print, readArguments, UsageError } from './arguments.ts';

export const MERCHANTS_HELP = `gateway admin merchant create <id> [--name <name>]
gateway admin key create <merchant> [--scope payments:write --scope payments:read]
gateway admin key list <merchant>
gateway admin key revoke <key id>

A key is printed once, alone on its line; only its keyed hash is stored.`;

export interface MerchantsDeps {
  merchants: MerchantStore;
  /** Throws when `API_KEY_PEPPER` is not set: only `key create` needs it. */
  pepper(): Uint8Array;
  /** Who does it, for the audit log. */
  actor: string;
  newId(): string;
  print: Print;
}

const SCOPES = ['payments:write', 'payments:read'];
const MERCHANT_ID = /^[a-z0-9][a-z0-9_-]{0,39}$/;

export async function runMerchants(args: string[], deps: MerchantsDeps): Promise<void> {
  const { words, options } = readArguments(args, 3, { name: 'text', scope: 'list' });
  const [noun, verb, subject] = words;
  const merchantId = () => needed(subject, 'a merchant id', MERCHANTS_HELP);
  switch (`${noun} ${verb}`) {
    case 'merchant create':
      return await createMerchant(merchantId(), options.name, deps);
    case 'key create':
      return await createKey(merchantId(), options.scope ?? SCOPES, deps);
    case 'key list':
      return await listKeys(merchantId(), deps);
    case 'key revoke':
      return await revokeKey(needed(subject, 'a key id', MERCHANTS_HELP), deps);
    default:
      throw new UsageError(MERCHANTS_HELP);
  }
}

async function createMerchant(id: string, name: string | undefined, deps: MerchantsDeps) {
  if (!MERCHANT_ID.test(id)) {
    throw new UsageError(
      'a merchant id is 1 to 40 of a-z, 0-9, - and _, not beginning with - or _',
    );
  }
  if (!(await deps.merchants.createMerchant(id, name ?? id, deps.actor))) {
    throw new UsageError(`there is a merchant ${id} already`);
  }
  deps.print(`merchant ${id} created`);
}

async function createKey(merchantId: string, scopes: string[], deps: MerchantsDeps) {
  const unknown = scopes.filter((scope) => !SCOPES.includes(scope));
  if (unknown.length > 0) {
    throw new UsageError(`no such scope: ${unknown.join(', ')}; there are ${SCOPES.join(', ')}`);
  }
  await requireMerchant(merchantId, deps);
  const key = newApiKey();
  const id = `key_${deps.newId()}`;
  const record = {
    id,
    merchantId,
    prefix: shownPrefix(key),
    keyHash: hashApiKey(deps.pepper(), key),
    scopes: [...new Set(scopes)],
  };
  await deps.merchants.addKey(record, deps.actor);
  deps.print(`key ${id} of merchant ${merchantId}, shown this once:`);
  deps.print(key);
}

async function listKeys(merchantId: string, deps: MerchantsDeps) {
  await requireMerchant(merchantId, deps);
  const keys = await deps.merchants.listKeys(merchantId);
  if (keys.length === 0) deps.print(`merchant ${merchantId} has no keys`);
  for (const { id, prefix, scopes, createdAt, expiresAt, revokedAt } of keys) {
    const ended = revokedAt
      ? `revoked ${revokedAt.toISOString()}`
      : expiresAt
        ? `expires ${expiresAt.toISOString()}`
        : 'works';
    deps.print(`${id}  ${prefix}…  ${scopes.join(',')}  ${createdAt.toISOString()}  ${ended}`);
  }
}

async function revokeKey(id: string, deps: MerchantsDeps) {
  if (!(await deps.merchants.revokeKey(id, deps.actor))) {
    throw new UsageError(`no key ${id} works`);
  }
  deps.print(`key ${id} revoked; it is refused everywhere within a minute`);
}

async function requireMerchant(id: string, { merchants }: MerchantsDeps): Promise<void> {
  if (!(await merchants.merchantExists(id))) throw new UsageError(`there is no merchant ${id}`);
}
