import { PROVIDERS } from '../../providers/index.ts';
import { type Config, ConfigError, type LoadOptions, loadConfig } from '../../src/config.ts';

/** What role `api` needs, with secrets that are nobody's. */
export const API_ENV: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://gateway:pg-secret@db.internal:5433/payments',
  REDIS_URL: 'rediss://cache.internal',
  REFERENCE_SECRET: 'a-reference-secret-of-the-tests-alone',
  API_KEY_PEPPER: 'an-api-key-pepper-of-the-tests-alone!',
  BLIND_INDEX_KEY: 'a-blind-index-key-of-the-tests-alone!',
  ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  MTN_COUNTRY: 'ZM',
  MTN_CURRENCIES: 'ZMW',
  MTN_BASE_URL: 'https://mtn.example',
  MTN_SUBSCRIPTION_KEY: 'mtn-subscription',
  MTN_API_USER: 'b1946ac9-2492-4d23-8b8f-5d0a2f9e7c11',
  MTN_API_KEY: 'mtn-key',
  MTN_TARGET_ENVIRONMENT: 'mtnzambia',
};

export function load(
  env: Record<string, string | undefined>,
  options: Partial<LoadOptions> = {},
): Config {
  return loadConfig(env, { role: 'api', providers: PROVIDERS, ...options });
}

/** The error of a configuration that must not load. */
export function refusal(
  env: Record<string, string | undefined>,
  options: Partial<LoadOptions> = {},
): ConfigError {
  try {
    load(env, options);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

export function problemNames(
  env: Record<string, string | undefined>,
  options: Partial<LoadOptions> = {},
): string[] {
  return refusal(env, options).problems.map(({ variable }) => variable);
}

/** A `readFile` over these files; any other path fails. */
export function files(content: Record<string, string>): (path: string) => string {
  return (path) => {
    const text = content[path];
    if (text === undefined) throw new Error('ENOENT');
    return text;
  };
}
