/** MTN's settings for one market. */
import type {
  MarketConfig,
  ParsedConfig,
  ProviderSettings,
} from '../../src/domain/provider-definition.ts';
import {
  EXPECTED,
  makeConfigReader,
  parseAmountCaps,
  parseBaseUrl,
  parseCountry,
  parseCurrencies,
  parseSecret,
} from '../../src/domain/provider-kit/config-reader.ts';

export interface MtnConfig extends MarketConfig {
  /** Of the Collection product; each product has its own. */
  subscriptionKey: string;
  /** UUID v4: the API user's id. */
  apiUser: string;
  apiKey: string;
  /** `sandbox`, or `mtn` and a country; never the word `production`. */
  targetEnvironment: string;
}

export const MTN_SECRET_VARIABLES = ['MTN_SUBSCRIPTION_KEY', 'MTN_API_KEY'] as const;

export const MTN_VARIABLES = [
  'MTN_COUNTRY',
  'MTN_CURRENCIES',
  'MTN_BASE_URL',
  'MTN_API_USER',
  'MTN_TARGET_ENVIRONMENT',
  'MTN_MAX_AMOUNT',
  ...MTN_SECRET_VARIABLES,
] as const;

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const TARGET_ENVIRONMENT = /^(sandbox|mtn[a-z]{3,30})$/;

export function parseMtnConfig(settings: ProviderSettings): ParsedConfig<MtnConfig> {
  const reader = makeConfigReader(settings);
  const { required } = reader;
  const market = required('MTN_COUNTRY', EXPECTED.country, parseCountry);
  const currencies = required('MTN_CURRENCIES', EXPECTED.currencies, parseCurrencies);
  const baseUrl = required('MTN_BASE_URL', EXPECTED.baseUrl, parseBaseUrl);
  const subscriptionKey = required('MTN_SUBSCRIPTION_KEY', EXPECTED.secret, parseSecret);
  const apiUser = required('MTN_API_USER', 'a UUID v4', (text) =>
    UUID_V4.test(text) ? text.toLowerCase() : undefined,
  );
  const apiKey = required('MTN_API_KEY', EXPECTED.secret, parseSecret);
  const targetEnvironment = required(
    'MTN_TARGET_ENVIRONMENT',
    'sandbox, or mtn and the country, such as mtnzambia',
    (text) => (TARGET_ENVIRONMENT.test(text) ? text : undefined),
  );
  const caps = reader.optional('MTN_MAX_AMOUNT', EXPECTED.caps, parseAmountCaps);
  return reader.finish(() => ({
    market: market!,
    currencies: currencies!,
    baseUrl: baseUrl!,
    subscriptionKey: subscriptionKey!,
    apiUser: apiUser!,
    apiKey: apiKey!,
    targetEnvironment: targetEnvironment!,
    maxAmountMinor: caps ?? {},
  }));
}
