/** Airtel's settings for one market. */
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
import { AIRTEL_CALLING_CODES } from './prefixes.ts';

export interface AirtelConfig extends MarketConfig {
  clientId: string;
  clientSecret: string;
  /** Keys of the callbacks' hash, any of which counts; none when callback authentication is off at Airtel. */
  callbackKeys: readonly string[];
  /** Airtel takes national numbers: this is cut off. */
  callingCode: string;
}

export const AIRTEL_SECRET_VARIABLES = ['AIRTEL_CLIENT_SECRET', 'AIRTEL_CALLBACK_KEY'] as const;

export const AIRTEL_VARIABLES = [
  'AIRTEL_COUNTRY',
  'AIRTEL_CURRENCIES',
  'AIRTEL_BASE_URL',
  'AIRTEL_CLIENT_ID',
  'AIRTEL_MAX_AMOUNT',
  ...AIRTEL_SECRET_VARIABLES,
] as const;

const MARKETS = Object.keys(AIRTEL_CALLING_CODES).join(', ');

const EXPECTED_KEYS = `${EXPECTED.secret}, or several, comma-separated`;

/** While a key is changed, callbacks signed with the old one and with the new one arrive side by side. */
function parseKeys(text: string): readonly string[] | undefined {
  const keys = text.split(',').map((part) => parseSecret(part.trim()));
  return keys.some((key) => key === undefined) ? undefined : (keys as string[]);
}

export function parseAirtelConfig(settings: ProviderSettings): ParsedConfig<AirtelConfig> {
  const reader = makeConfigReader(settings);
  const { required, optional } = reader;
  const market = required('AIRTEL_COUNTRY', `one of ${MARKETS}`, (text) =>
    Object.hasOwn(AIRTEL_CALLING_CODES, text) ? parseCountry(text) : undefined,
  );
  const currencies = required('AIRTEL_CURRENCIES', EXPECTED.currencies, parseCurrencies);
  const baseUrl = required('AIRTEL_BASE_URL', EXPECTED.baseUrl, parseBaseUrl);
  const clientId = required('AIRTEL_CLIENT_ID', EXPECTED.secret, parseSecret);
  const clientSecret = required('AIRTEL_CLIENT_SECRET', EXPECTED.secret, parseSecret);
  const callbackKeys = optional('AIRTEL_CALLBACK_KEY', EXPECTED_KEYS, parseKeys);
  const caps = optional('AIRTEL_MAX_AMOUNT', EXPECTED.caps, parseAmountCaps);
  return reader.finish(() => ({
    market: market!,
    currencies: currencies!,
    baseUrl: baseUrl!,
    clientId: clientId!,
    clientSecret: clientSecret!,
    callbackKeys: callbackKeys ?? [],
    callingCode: AIRTEL_CALLING_CODES[market!]!,
    maxAmountMinor: caps ?? {},
  }));
}

/** Nothing is believed of a callback either way: it costs a status query, at most one in two seconds for a payment. */
export function airtelWarnings({ callbackKeys }: AirtelConfig): string[] {
  if (callbackKeys.length > 0) return [];
  return [
    'AIRTEL_CALLBACK_KEY is not set: a callback is taken from whoever knows a reference; it is a hint, no outcome',
  ];
}
