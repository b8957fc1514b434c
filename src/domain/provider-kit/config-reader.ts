/** Reads a provider's settings: all problems at once, by name, never by value. */
import { isKnownCurrency, parseAmount } from '../money.ts';
import type { ConfigProblem, ParsedConfig, ProviderSettings } from '../provider-definition.ts';

type Parse<T> = (text: string) => T | undefined;

export interface ConfigReader {
  required<T>(variable: string, expected: string, parse: Parse<T>): T | undefined;
  optional<T>(variable: string, expected: string, parse: Parse<T>): T | undefined;
  /** `build` runs only when every required setting was there, so its values are all defined. */
  finish<Config>(build: () => Config): ParsedConfig<Config>;
}

export function makeConfigReader(settings: ProviderSettings): ConfigReader {
  const problems: ConfigProblem[] = [];
  function read<T>(variable: string, expected: string, parse: Parse<T>, isRequired: boolean) {
    const text = settings[variable] ?? '';
    if (text === '' && !isRequired) return undefined;
    const value = text === '' ? undefined : parse(text);
    if (value === undefined) problems.push({ variable, expected });
    return value;
  }
  return {
    required: (variable, expected, parse) => read(variable, expected, parse, true),
    optional: (variable, expected, parse) => read(variable, expected, parse, false),
    finish: (build) =>
      problems.length > 0 ? { ok: false, problems } : { ok: true, value: Object.freeze(build()) },
  };
}

export const parseCountry: Parse<string> = (text) => (/^[A-Z]{2}$/.test(text) ? text : undefined);

export const parseCurrencies: Parse<readonly string[]> = (text) => {
  const currencies = text.split(',').map((part) => part.trim());
  const valid = currencies.every(isKnownCurrency) && new Set(currencies).size === currencies.length;
  return valid ? Object.freeze(currencies) : undefined;
};

/** The URL without a slash at the end: some servers refuse a doubled one. */
export const parseBaseUrl: Parse<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  const isBare = url.username + url.password + url.search + url.hash === '';
  return isBare ? url.href.replace(/\/+$/, '') : undefined;
};

/** Printable ASCII without spaces: it goes into a header or a token request as it is. */
export const parseSecret: Parse<string> = (text) =>
  /^[\x21-\x7e]{1,512}$/.test(text) ? text : undefined;

/** `ZMW:50000.00,EUR:300` to minor units. */
export const parseAmountCaps: Parse<Readonly<Record<string, bigint>>> = (text) => {
  const caps: Record<string, bigint> = {};
  for (const part of text.split(',')) {
    const [currency = '', amount = '', ...rest] = part.trim().split(':');
    if (!isKnownCurrency(currency) || rest.length > 0) return undefined;
    const parsed = parseAmount(amount, currency);
    if (!parsed.ok || Object.hasOwn(caps, currency)) return undefined;
    caps[currency] = parsed.amountMinor;
  }
  return Object.freeze(caps);
};

export const EXPECTED = {
  country: 'an ISO 3166 country code such as ZM',
  currencies: 'ISO 4217 codes, comma-separated, each once',
  baseUrl: 'an http or https URL without credentials, query or fragment',
  secret: 'printable characters without spaces',
  caps: 'currency:amount pairs, comma-separated, such as ZMW:50000.00',
} as const;
