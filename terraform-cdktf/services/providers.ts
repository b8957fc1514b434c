/** Where each provider is, in which market, and which of its credentials a task gets. */
import type { Settings } from '../settings/schema.ts';
import type { Access } from '../stacks/parts.ts';
import type { Grants } from './environment.ts';

/** Null: the provider is off. */
type BaseUrls = Readonly<Record<'MTN' | 'AIRTEL', string | null>>;

/** The simulators stand in for each provider that has no address of its own. */
export function baseUrls(settings: Settings, simulatorsUrl: string | null): BaseUrls {
  const simulated = (mount: string) => simulatorsUrl && `${simulatorsUrl}/${mount}`;
  return {
    MTN: settings.mtnBaseUrl ?? simulated('mtn'),
    AIRTEL: settings.airtelBaseUrl ?? simulated('airtel'),
  };
}

export function providersAt(settings: Settings, urls: BaseUrls, credentials: Access): Grants {
  const isOn = (name: string) => urls[name.startsWith('MTN_') ? 'MTN' : 'AIRTEL'] !== null;
  const environment = {
    ...markets(settings),
    MTN_BASE_URL: urls.MTN ?? '',
    AIRTEL_BASE_URL: urls.AIRTEL ?? '',
  };
  const onlyOn = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => isOn(name)));
  return { environment: onlyOn(environment), secrets: onlyOn(credentials.secrets) };
}

export function markets(settings: Settings): Readonly<Record<string, string>> {
  return {
    MTN_COUNTRY: settings.mtnCountry,
    MTN_CURRENCIES: settings.mtnCurrencies,
    MTN_TARGET_ENVIRONMENT: settings.mtnTargetEnvironment,
    AIRTEL_COUNTRY: settings.airtelCountry,
    AIRTEL_CURRENCIES: settings.airtelCurrencies,
  };
}
