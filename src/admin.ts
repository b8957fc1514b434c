/** `gateway admin …`: merchants and keys. Prints for a person; what it makes stands alone on its line. */
import { parseArgs } from 'node:util';
import { hashApiKey, newApiKey, shownPrefix } from './adapters/crypto/api-keys.ts';
import type { MerchantStore } from './adapters/postgres/merchants.ts';

export const ADMIN_HELP = `gateway admin merchant create <id> [--name <name>]
gateway admin key create <merchant> [--scope payments:write --scope payments:read]
gateway admin key list <merchant>
gateway admin key revoke <key id>

A key is printed once, alone on its line; only its keyed hash is stored.`;

/** What the person who typed the command can mend. */
export class UsageError extends Error {}

export interface AdminDeps {
  merchants: MerchantStore;
  /** Throws when `API_KEY_PEPPER` is not set: only `key create` needs it. */
  pepper(): Uint8Array;
  /** Who does it, for the audit log. */
  actor: string;
  newId(): string;
  print(line: string): void;
}

const SCOPES = ['payments:write', 'payments:read'];
const MERCHANT_ID = /^[a-z0-9][a-z0-9_-]{0,39}$/;

export async function runAdmin(args: string[], deps: AdminDeps): Promise<void> {
  const { positionals, values } = parse(args);
  const [noun, verb, subject, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`too many words: ${rest.join(' ')}`);
  switch (`${noun} ${verb}`) {
    case 'merchant create':
      return await createMerchant(needed(subject, 'a merchant id'), values.name, deps);
    case 'key create':
      return await createKey(needed(subject, 'a merchant id'), values.scope ?? SCOPES, deps);
    case 'key list':
      return await listKeys(needed(subject, 'a merchant id'), deps);
    case 'key revoke':
      return await revokeKey(needed(subject, 'a key id'), deps);
    default:
      throw new UsageError(ADMIN_HELP);
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { name: { type: 'string' }, scope: { type: 'string', multiple: true } },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function needed(value: string | undefined, what: string): string {
  if (value === undefined || value === '')
    throw new UsageError(`${what} is missing\n${ADMIN_HELP}`);
  return value;
}

async function createMerchant(id: string, name: string | undefined, deps: AdminDeps) {
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

async function createKey(merchantId: string, scopes: string[], deps: AdminDeps) {
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

async function listKeys(merchantId: string, deps: AdminDeps) {
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

async function revokeKey(id: string, deps: AdminDeps) {
  if (!(await deps.merchants.revokeKey(id, deps.actor))) {
    throw new UsageError(`no key ${id} works`);
  }
  deps.print(`key ${id} revoked; it is refused everywhere within a minute`);
}

async function requireMerchant(id: string, { merchants }: AdminDeps): Promise<void> {
  if (!(await merchants.merchantExists(id))) throw new UsageError(`there is no merchant ${id}`);
}
