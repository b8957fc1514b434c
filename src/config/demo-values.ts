/**
 * Values that are published with the source, for a first run on one machine. `.env.example` has the
 * same. They are refused in production, each by name.
 */

const DEMO_ENCRYPTION_KEY = 'demo-1:ZGVtby1lbmNyeXB0aW9uLWtleS1ub3QtYS1zZWNyZXQ=';

/** Ours. The defaults of role `dev`; no other role has a default for a secret. */
export const DEMO_SECRETS = {
  REFERENCE_SECRET: 'demo-reference-secret-which-is-public',
  API_KEY_PEPPER: 'demo-api-key-pepper-which-is-public-too',
  BLIND_INDEX_KEY: 'demo-blind-index-key-which-is-public-too',
  ENCRYPTION_KEYS: DEMO_ENCRYPTION_KEY,
} as const;

/** What the simulators accept, and what an adapter shows them. */
export const DEMO_CREDENTIALS: Readonly<Record<string, string>> = {
  MTN_SUBSCRIPTION_KEY: 'demo-mtn-subscription-key',
  MTN_API_USER: '6f1d2c3b-4a59-4e68-8d77-86a5b4c3d2e1',
  MTN_API_KEY: 'demo-mtn-api-key',
  AIRTEL_CLIENT_ID: 'demo-airtel-client',
  AIRTEL_CLIENT_SECRET: 'demo-airtel-client-secret',
  AIRTEL_CALLBACK_KEY: 'demo-airtel-callback-key',
};

/** Both providers in Zambia, at the simulators on this machine. */
export function demoProviderSettings(simPort: number): Readonly<Record<string, string>> {
  return {
    ...DEMO_CREDENTIALS,
    MTN_COUNTRY: 'ZM',
    MTN_CURRENCIES: 'ZMW,ZAR,EUR',
    MTN_BASE_URL: `http://127.0.0.1:${simPort}/mtn`,
    // As in Zambia itself; MTN's word `sandbox` would allow EUR alone.
    MTN_TARGET_ENVIRONMENT: 'mtnzambia',
    AIRTEL_COUNTRY: 'ZM',
    AIRTEL_CURRENCIES: 'ZMW,ZAR,EUR',
    AIRTEL_BASE_URL: `http://127.0.0.1:${simPort}/airtel`,
  };
}

/** Whether a value is one of those that everybody knows. */
export function isDemoValue(variable: string, text: string): boolean {
  return (
    DEMO_SECRETS[variable as keyof typeof DEMO_SECRETS] === text ||
    DEMO_CREDENTIALS[variable] === text
  );
}

/** Payer of a request in the seed's dialect, which names none: a wallet whose payments succeed. */
export const DEMO_WALLETS: Readonly<Record<string, string>> = {
  MTN: '+260966000022',
  AIRTEL: '+260977000022',
};
