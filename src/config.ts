/**
 * The configuration, read once at start: pure but for the files that it is told to read, all
 * problems reported together, by name and never by value, and the result frozen. See `.env.example`
 * for every name.
 */
import { readFileSync } from 'node:fs';
import { type AppRoleConfig, readAppRole } from './config/app-role.ts';
import { readConfigFile, unknownNames } from './config/config-file.ts';
import { deadlineProblems } from './config/deadlines.ts';
import { isDemoValue } from './config/demo-values.ts';
import { readFailover } from './config/failover.ts';
import { readFailpoints } from './config/failpoints.ts';
import { type LimitsConfig, readLimits } from './config/limits.ts';
import { type ProviderRecord, type ProviderSchema, readProviders } from './config/providers.ts';
import { readSecondPersonLimits } from './config/review.ts';
import { ROLE_NEEDS, type Role } from './config/roles.ts';
import { Secret } from './config/secret.ts';
import { readSecrets, type SecretsConfig } from './config/secrets.ts';
import {
  type DatabaseConfig,
  type KafkaConfig,
  type RedisConfig,
  readDatabase,
  readKafka,
  readRedis,
} from './config/servers.ts';
import {
  type Environment,
  makeSettingReader,
  type ReadFile,
  type SettingReader,
} from './config/setting-reader.ts';
import {
  type RateLimitConfig,
  readTiming,
  TIMING_PROFILES,
  type TimingProfile,
} from './config/timing-profiles.ts';
import type { FailoverOrders } from './domain/failover.ts';
import type { FailpointSetting } from './domain/failpoints.ts';
import type { ConfigProblem } from './domain/provider-definition.ts';
import type { SecondPersonLimits } from './domain/review.ts';
import type { Timing } from './domain/settings.ts';

export { ROLES, type Role } from './config/roles.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const WORKER_LOOPS = ['relay', 'jobs', 'settle', 'seal', 'prune'] as const;
export type WorkerLoop = (typeof WORKER_LOOPS)[number];

export interface ListenConfig {
  /** Of the public API and of the simulators. */
  host: string;
  port: number;
  opsHost: string;
  opsPort: number;
  simPort: number;
  /** Without a slash at the end; null: no callbacks are asked for. */
  publicUrl: string | null;
  trustedProxyHops: number;
}

export interface Config {
  role: Role;
  /** `NODE_ENV=production`. */
  isProduction: boolean;
  logLevel: LogLevel;
  /** Name of this deployment among CloudWatch's metrics; null: none are written. */
  emfEnvironment: string | null;
  listen: ListenConfig;
  /** null in `dev`: an embedded server; null elsewhere: the role needs none. */
  database: DatabaseConfig | null;
  /** Made by `migrate`; null: api and worker connect as its own. */
  appRole: AppRoleConfig | null;
  redis: RedisConfig | null;
  kafka: KafkaConfig | null;
  secrets: SecretsConfig;
  timingProfile: TimingProfile;
  timing: Timing;
  rateLimits: RateLimitConfig;
  limits: LimitsConfig;
  /** Of `admin review resolve`. */
  secondPersonAbove: SecondPersonLimits;
  deregistrationDelayMs: number;
  providers: readonly ProviderRecord[];
  /** By operator: the other providers that can take its wallets. */
  failover: FailoverOrders;
  simulator: {
    /** Initial rules, as JSON; the simulators check them. */
    faults: unknown;
    settleMs: number;
  };
  seedDialect: boolean;
  /** Calls from loopback without a key are merchant `demo`. */
  demoMerchant: boolean;
  workerLoops: readonly WorkerLoop[];
  /** Named places where a test makes the process fail. */
  failpoints: readonly FailpointSetting[];
  /** Where embedded servers and simulators keep their state; null: nowhere. */
  dataDir: string | null;
  /** To be logged at start. */
  warnings: readonly string[];
}

export interface LoadOptions {
  role: Role;
  /** The registry of providers. @default none */
  providers?: readonly ProviderSchema[];
  /** @default reads as UTF-8 from the disk */
  readFile?: ReadFile;
}

/** Every problem at once. The message has names and expectations, never a value. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ variable, expected }) => `  ${variable}: expected ${expected}`);
    super(`The configuration is not valid:\n${lines.join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const MAX_PORT = 65_535;

function readListen(reader: SettingReader, role: Role): ListenConfig {
  // In `dev` a call from loopback needs no key, so nothing else may call unless it is asked for.
  const host = reader.text('HOST') ?? (role === 'dev' ? '127.0.0.1' : '0.0.0.0');
  const port = (name: string, fallback: number) =>
    reader.integer(name, fallback, { min: 0, max: MAX_PORT });
  const publicPort = port('PORT', 8_080);
  const local = role === 'dev' || role === 'simulators' ? `http://127.0.0.1:${publicPort}` : null;
  return {
    host,
    port: publicPort,
    opsHost: reader.text('OPS_HOST') ?? (role === 'dev' ? '127.0.0.1' : host),
    opsPort: port('OPS_PORT', 9_090),
    simPort: port('SIM_PORT', 9_100),
    publicUrl: reader.value('PUBLIC_URL', local, 'an http or https URL', (text) => {
      const url = URL.parse(text);
      return url !== null && /^https?:$/.test(url.protocol) ? text.replace(/\/+$/, '') : undefined;
    }),
    trustedProxyHops: reader.integer('TRUSTED_PROXY_HOPS', 0, { min: 0, max: 10 }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readSwitches(reader: SettingReader, role: Role) {
  const names = (text: string) => text.split(',').map((part) => part.trim());
  return {
    logLevel: reader.choice('LOG_LEVEL', 'info', LOG_LEVELS),
    emfEnvironment: reader.value<string | null>(
      'EMF_ENVIRONMENT',
      null,
      'up to 64 letters, digits and . _ -',
      (text) => (/^[\w.-]{1,64}$/.test(text) ? text : undefined),
    ),
    seedDialect: reader.flag('SEED_DIALECT', role === 'dev'),
    workerLoops: reader.value<readonly WorkerLoop[]>(
      'WORKER_LOOPS',
      WORKER_LOOPS,
      `some of ${WORKER_LOOPS.join(', ')}, comma-separated`,
      (text) => {
        const loops = WORKER_LOOPS.filter((loop) => names(text).includes(loop));
        return loops.length === names(text).length ? loops : undefined;
      },
    ),
    failpoints: readFailpoints(reader),
    dataDir: reader.text('DATA_DIR') ?? (role === 'dev' ? './.data' : null),
    simulator: {
      faults: reader.value<unknown>('SIM_FAULTS', null, 'JSON', parseJson),
      settleMs: reader.milliseconds('SIM_SETTLE_MS', 1_000, 0),
    },
  };
}

function checkProduction(reader: SettingReader, { role, failpoints }: Config): void {
  if (role === 'dev') reader.problem('NODE_ENV', 'anything but production in role dev');
  if (failpoints.length > 0) reader.problem('FAILPOINTS', 'nothing in production');
}

function checkServers(reader: SettingReader, config: Config): void {
  const needs = ROLE_NEEDS[config.role];
  // An address that cannot be read was named already.
  const require = (name: string, expected: string) => {
    if (!reader.problems.some(({ variable }) => variable === name)) reader.problem(name, expected);
  };
  if (needs.database && config.database === null) {
    require('DATABASE_URL', 'a Postgres server, by DATABASE_URL or DATABASE_HOST');
  }
  if (needs.kafka && config.kafka === null) {
    require('KAFKA_BROKERS', 'Kafka brokers, by KAFKA_BROKERS or KAFKA_HOST');
  }
}

function warningsOf({ role, isProduction, secrets, providers, ...servers }: Config): string[] {
  const { database, redis, kafka } = servers;
  const warnings: string[] = [];
  if (role === 'api' && redis === null) {
    warnings.push(
      'REDIS_URL is not set: every request goes to Postgres, rate limits are per process',
    );
  }
  if (role === 'api') warnings.push(...providers.flatMap(({ warnings: ofMarket }) => ofMarket));
  const usesKafka = role === 'worker' || role === 'migrate';
  if (usesKafka && kafka !== null && kafka.minReplication < 3) {
    warnings.push('KAFKA_MIN_REPLICATION is below 3: losing one broker can lose messages');
  }
  if (role !== 'dev' && usesDemoSecret(secrets)) {
    warnings.push('secrets are the public demo values: anybody can forge what they protect');
  }
  const byName = { DATABASE: database, REDIS: redis, KAFKA: kafka };
  for (const [name, server] of Object.entries(byName)) {
    if (isProduction && server !== null && server.tls === null) {
      warnings.push(`${name}_TLS is off in production`);
    }
  }
  return warnings;
}

function usesDemoSecret({ reference }: SecretsConfig): boolean {
  return reference.isSet && isDemoValue('REFERENCE_SECRET', reference.reveal().toString());
}

/** Bytes cannot be frozen, and a Secret hides its value already. */
function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Secret) return value;
  for (const item of Object.values(value)) freezeDeep(item);
  return Object.freeze(value);
}

export function loadConfig(env: Environment, options: LoadOptions): Config {
  const { role, providers: schemas = [] } = options;
  const readFile = options.readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const file = readConfigFile(env.CONFIG_FILE || undefined, readFile);
  const reader = makeSettingReader([env, file.settings], readFile);
  for (const { variable, expected } of file.problems) reader.problem(variable, expected);

  const isProduction = reader.text('NODE_ENV') === 'production';
  const listen = readListen(reader, role);
  const profile = reader.choice(
    'TIMING_PROFILE',
    role === 'dev' ? 'demo' : 'standard',
    TIMING_PROFILES,
  );
  const { simPort } = listen;
  const { config: database, statementTimeoutMs } = readDatabase(reader);
  const { config: redis, commandTimeoutMs: redisCommandTimeoutMs } = readRedis(reader);
  const timing = readTiming(reader, profile);
  const limits = readLimits(reader);
  const sources = { reader, file, readFile, role, isProduction, simPort };
  const providers = readProviders(schemas, sources);
  const config: Config = {
    role,
    isProduction,
    listen,
    database,
    appRole: readAppRole(reader, { role, database }),
    redis,
    kafka: readKafka(reader, isProduction),
    secrets: readSecrets(reader, { role, isProduction }),
    timingProfile: profile,
    ...timing,
    limits,
    secondPersonAbove: readSecondPersonLimits(reader, isProduction),
    ...readSwitches(reader, role),
    demoMerchant: role === 'dev',
    providers,
    failover: readFailover(reader, providers),
    warnings: [],
  };
  const deadlines = { ...timing, limits, statementTimeoutMs, redisCommandTimeoutMs };
  reader.problems.push(...deadlineProblems(deadlines));
  checkServers(reader, config);
  if (isProduction) checkProduction(reader, config);
  for (const name of unknownNames(file.settings, reader.asked)) {
    reader.problem(name, 'a name that the configuration file may have');
  }
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return freezeDeep({ ...config, warnings: warningsOf(config) });
}
