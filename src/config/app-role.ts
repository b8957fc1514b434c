/** The database role of api and worker, which `migrate` makes: with less rights than its own. */
import type { Role } from './roles.ts';
import { Secret } from './secret.ts';
import type { DatabaseConfig } from './servers.ts';
import type { SettingReader } from './setting-reader.ts';

export interface AppRoleConfig {
  user: string;
  password: Secret<string>;
}

/** Postgres cuts longer names off in silence, and keeps `pg_` for itself. */
const ROLE_NAME = /^(?!pg_)[A-Za-z_][A-Za-z0-9_-]{0,62}$/;
/** The role that holds the grants; nobody logs in as it. */
const GROUP_ROLE = 'gateway_app';
/** Postgres would normalise other characters before it hashes them, and we hash before it. */
const PASSWORD = /^[ -~]{16,}$/;

export function readAppRole(
  reader: SettingReader,
  { role, database }: { role: Role; database: DatabaseConfig | null },
): AppRoleConfig | null {
  const name = 'DATABASE_APP_USER';
  const secretName = 'DATABASE_APP_PASSWORD';
  const user = reader.optional(
    name,
    `a name of up to 63 letters, digits, _ and -, not ${GROUP_ROLE} and not that of DATABASE_USER`,
    (text) => {
      const isTaken = text === GROUP_ROLE || (role === 'migrate' && text === database?.user);
      return ROLE_NAME.test(text) && !isTaken ? text : undefined;
    },
  );
  const password = reader.optional(
    secretName,
    '16 characters of ASCII or more, without control characters',
    (text) => (PASSWORD.test(text) ? text : undefined),
  );
  const isGiven = (variable: string) => reader.text(variable) !== undefined;
  if (isGiven(name) && !isGiven(secretName))
    reader.problem(secretName, `set together with ${name}`);
  if (isGiven(secretName) && !isGiven(name))
    reader.problem(name, `set together with ${secretName}`);
  // Whoever reads one file of settings for all roles shall not keep what only `migrate` needs.
  if (role !== 'migrate' || user === undefined || password === undefined) return null;
  return { user, password: new Secret(secretName, password) };
}
