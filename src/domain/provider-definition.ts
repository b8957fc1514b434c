/**
 * What a provider brings to the registry: everything that the gateway knows about it before it is
 * built.
 */
import type { HttpClient } from './http-client.ts';
import type { Clock } from './ports.ts';
import type { PaymentProvider } from './provider.ts';
import type { StatementFormat } from './statement.ts';
import type { Logger } from './telemetry.ts';

/**
 * Settings by name, as the environment or one entry of the configuration file's market list gives
 * them.
 */
export type ProviderSettings = Readonly<Record<string, string | undefined>>;

/** A setting that is missing or wrong. Carries the name and what was expected, never the value. */
export interface ConfigProblem {
  variable: string;
  expected: string;
}

export type ParsedConfig<Config> =
  | { ok: true; value: Config }
  | { ok: false; problems: ConfigProblem[] };

/** Makes the outbound client of one adapter; the limits that it does not name have defaults. */
export type MakeHttpClient = (options: {
  baseUrl: string;
  connectMs: number;
  totalMs: number;
}) => HttpClient;

export interface ProviderDependencies {
  http: MakeHttpClient;
  clock: Clock;
  timing: { connectMs: number; totalMs: number };
  logger?: Logger;
}

/** What every provider's configuration has; the rest is the provider's own. */
export interface MarketConfig {
  /** ISO 3166 alpha-2. */
  market: string;
  currencies: readonly string[];
  /** Without a slash at the end. */
  baseUrl: string;
  maxAmountMinor: Readonly<Record<string, bigint>>;
}

export interface ProviderDefinition<Config extends MarketConfig = MarketConfig> {
  /** Upper case: `MTN`. */
  readonly name: string;
  /** Every setting that `parseConfig` reads. */
  readonly variables: readonly string[];
  /** Those of them that are secrets. */
  readonly secretVariables: readonly string[];
  /** The provider is configured when this one is set. */
  readonly baseUrlVariable: string;
  /** Last part of `/callbacks/<callbackPath>`; null when the provider never calls back. */
  readonly callbackPath: string | null;
  /**
   * True: the path goes on with a token per payment, because the callback itself carries no proof.
   */
  readonly callbackByToken: boolean;
  /** Wallet prefixes by market, as digits with the country code. */
  readonly prefixes: Readonly<Record<string, readonly string[]>>;
  /** How its statement is written; null when none can be read. */
  readonly statement: StatementFormat | null;
  /** Pure. Reports all problems at once. */
  parseConfig(settings: ProviderSettings): ParsedConfig<Config>;
  /** What works and should be known, each beginning with its setting's name: for the log of an api. @default none */
  warnings?(config: Config): string[];
  make(config: Config, dependencies: ProviderDependencies): PaymentProvider;
}

export function isConfigured(
  definition: Pick<ProviderDefinition, 'baseUrlVariable'>,
  settings: ProviderSettings,
): boolean {
  return (settings[definition.baseUrlVariable] ?? '') !== '';
}
