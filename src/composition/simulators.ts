import { join } from 'node:path';
import { DEMO_CREDENTIALS, demoProviderSettings } from '../config/demo-values.ts';
import type { SimulatorsOptions } from '../simulators.ts';
import type { ProcessParts } from './process.ts';

/** The simulators take the credentials that the adapters show: those configured, else the demo ones. */
export function simulatorsOptions({ config, logger }: ProcessParts): SimulatorsOptions {
  const { listen, providers, simulator, dataDir } = config;
  const settings: Record<string, string> = { ...demoProviderSettings(listen.simPort) };
  for (const record of providers) Object.assign(settings, record.settings.reveal());
  const value = (name: string) => settings[name] ?? DEMO_CREDENTIALS[name] ?? '';
  return {
    host: listen.host,
    port: listen.simPort,
    mtn: {
      subscriptionKey: value('MTN_SUBSCRIPTION_KEY'),
      apiUser: value('MTN_API_USER'),
      apiKey: value('MTN_API_KEY'),
      targetEnvironment: value('MTN_TARGET_ENVIRONMENT'),
      country: value('MTN_COUNTRY'),
    },
    airtel: {
      clientId: value('AIRTEL_CLIENT_ID'),
      clientSecret: value('AIRTEL_CLIENT_SECRET'),
      country: value('AIRTEL_COUNTRY'),
      callbackUrl: listen.publicUrl && `${listen.publicUrl}/callbacks/airtel`,
      // While a key is changed there are two, and any of them counts.
      callbackKey: value('AIRTEL_CALLBACK_KEY').split(',')[0]?.trim() || null,
    },
    settleMs: simulator.settleMs,
    faults: simulator.faults,
    stateFile: dataDir === null ? null : join(dataDir, 'simulators.jsonl'),
    logger,
  };
}
