/** The gateway's own secrets. None has a default but in `dev`. */
import { DEMO_SECRETS, isDemoValue } from './demo-values.ts';
import { ROLE_NEEDS, type Role, type SecretVariable } from './roles.ts';
import { Secret } from './secret.ts';
import type { Parse, SettingReader } from './setting-reader.ts';

export interface EncryptionKeySetting {
  id: string;
  key: Buffer;
}

export interface SecretsConfig {
  /** Provider references, Kafka keys and callback tokens are derived from it. Never rotated. */
  reference: Secret<Buffer>;
  apiKeyPepper: Secret<Buffer>;
  blindIndexKey: Secret<Buffer>;
  /** The first one writes, all of them read. */
  encryptionKeys: Secret<readonly EncryptionKeySetting[]>;
}

/** Shorter text cannot hold 256 bits, however it is spelled. */
const MIN_SECRET_CHARACTERS = 32;
const AES_256_KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The characters themselves are the key: hex and base64 are not decoded, so there is nothing to
 * guess.
 */
const parseText: Parse<Buffer> = (text) =>
  text.length >= MIN_SECRET_CHARACTERS ? Buffer.from(text, 'utf8') : undefined;

const parseKeys: Parse<readonly EncryptionKeySetting[]> = (text) => {
  const keys: EncryptionKeySetting[] = [];
  for (const part of text.split(',')) {
    const [id = '', encoded = '', ...rest] = part.trim().split(':');
    const key = Buffer.from(encoded, 'base64');
    const isKey = BASE64.test(encoded) && key.length === AES_256_KEY_BYTES && rest.length === 0;
    if (!KEY_ID.test(id) || !isKey || keys.some((other) => other.id === id)) return undefined;
    keys.push({ id, key });
  }
  return keys;
};

const EXPECTED_TEXT = `at least ${MIN_SECRET_CHARACTERS} characters`;
const EXPECTED_KEYS = 'id:base64 of 32 bytes, comma-separated, each id once';

export function readSecrets(
  reader: SettingReader,
  { role, isProduction }: { role: Role; isProduction: boolean },
): SecretsConfig {
  function read<T>(variable: SecretVariable, expected: string, parse: Parse<T>): Secret<T> {
    const given = reader.text(variable);
    const text = given ?? (role === 'dev' ? DEMO_SECRETS[variable] : undefined);
    if (text === undefined) {
      if (ROLE_NEEDS[role].secrets.includes(variable)) reader.problem(variable, expected);
      return new Secret<T>(variable, undefined);
    }
    const value = parse(text);
    if (value === undefined) reader.problem(variable, expected);
    if (isProduction && text.split(',').some((part) => isDemoValue(variable, part.trim()))) {
      reader.problem(variable, 'a value of your own: the demo value is public');
    }
    return new Secret(variable, value);
  }

  return {
    reference: read('REFERENCE_SECRET', EXPECTED_TEXT, parseText),
    apiKeyPepper: read('API_KEY_PEPPER', EXPECTED_TEXT, parseText),
    blindIndexKey: read('BLIND_INDEX_KEY', EXPECTED_TEXT, parseText),
    encryptionKeys: read('ENCRYPTION_KEYS', EXPECTED_KEYS, parseKeys),
  };
}
