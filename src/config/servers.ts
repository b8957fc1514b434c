/**
 * Postgres, Redis and Kafka: each by one address or by its parts, a part winning over the address.
 */
import { authorityReader } from './authorities.ts';
import { Secret } from './secret.ts';
import { parseInteger, type SettingReader } from './setting-reader.ts';

/** Ready for pg, ioredis and the Kafka client. The server's certificate is always checked. */
export interface TlsConfig {
  /** PEM of the authority; absent: those that Node knows. */
  ca?: string;
  rejectUnauthorized: true;
}

export interface DatabaseConfig {
  host: string;
  port: number;
  database: string;
  user: string;
  password: Secret<string>;
  tls: TlsConfig | null;
  /** Connections of one process. */
  poolMax: number;
  statementTimeoutMs: number;
}

export interface RedisConfig {
  host: string;
  port: number;
  user: string | null;
  password: Secret<string>;
  tls: TlsConfig | null;
  /** In front of every key; empty for none. */
  keyPrefix: string;
  commandTimeoutMs: number;
}

export const SASL_MECHANISMS = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'] as const;

export interface KafkaConfig {
  /** `host:port`. */
  brokers: readonly string[];
  tls: TlsConfig | null;
  sasl: {
    mechanism: (typeof SASL_MECHANISMS)[number];
    username: string;
    password: Secret<string>;
  } | null;
  /** Copies of each message that a topic must keep. */
  minReplication: number;
  partitions: number;
  /** In front of every topic and group, with its dot; empty for none. */
  topicPrefix: string;
  /** A member of a group that is silent for this long has lost its partitions. */
  sessionMs: number;
}

interface Address {
  host?: string;
  port?: number;
  path?: string;
  user?: string;
  password?: string;
  tls?: boolean;
}

const MAX_PORT = 65_535;
const HOST = /^[A-Za-z0-9._:/-]+$/;
const TLS_MODES = ['require', 'verify-ca', 'verify-full'];

/** undefined for anything that we would not understand in full. */
function parseAddress(
  text: string,
  schemes: Record<string, boolean | undefined>,
): Address | undefined {
  const url = URL.parse(text);
  if (url === null || !Object.hasOwn(schemes, url.protocol) || url.hash !== '') return undefined;
  const { sslmode, host, ...unknown } = Object.fromEntries(url.searchParams);
  const isKnownMode = sslmode === undefined || ['disable', ...TLS_MODES].includes(sslmode);
  if (Object.keys(unknown).length > 0 || !isKnownMode) return undefined;
  const tls = sslmode === undefined ? schemes[url.protocol] : TLS_MODES.includes(sslmode);
  return {
    host: host || url.hostname.replace(/^\[|\]$/g, '') || undefined,
    port: url.port === '' ? undefined : Number(url.port),
    path: decodeURIComponent(url.pathname.slice(1)) || undefined,
    user: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    tls,
  };
}

/** A malformed percent-encoding throws; the text is not a URL that we understand then. */
function parser(schemes: Record<string, boolean | undefined>) {
  return (text: string): Address | undefined => {
    try {
      return parseAddress(text, schemes);
    } catch {
      return undefined;
    }
  };
}

function readTls(reader: SettingReader, prefix: string, fallback: boolean): TlsConfig | null {
  const isOn = reader.flag(`${prefix}_TLS`, fallback);
  const { expected, parse } = authorityReader(prefix);
  const ca = reader.optional(`${prefix}_CA`, expected, parse);
  if (!isOn) return null;
  return ca === undefined ? { rejectUnauthorized: true } : { ca, rejectUnauthorized: true };
}

/** The address and its parts together; host undefined when neither names one. */
function readAddress(reader: SettingReader, prefix: string, address: Address, port: number) {
  const passwordName = `${prefix}_PASSWORD`;
  return {
    host:
      reader.optional(`${prefix}_HOST`, 'a host name or address', (text) =>
        HOST.test(text) ? text : undefined,
      ) ?? address.host,
    port: reader.integer(`${prefix}_PORT`, address.port ?? port, { min: 1, max: MAX_PORT }),
    user: reader.text(`${prefix}_USER`) ?? address.user,
    password: new Secret(passwordName, reader.text(passwordName) ?? address.password),
    tls: readTls(reader, prefix, address.tls ?? false),
  };
}

export function readDatabase(reader: SettingReader) {
  const address = reader.optional(
    'DATABASE_URL',
    'postgres://user:password@host:port/name, with sslmode and host as its only options',
    parser({ 'postgres:': undefined, 'postgresql:': undefined }),
  );
  const { host, user, ...parts } = readAddress(reader, 'DATABASE', address ?? {}, 5_432);
  const limits = {
    poolMax: reader.integer('DATABASE_POOL_MAX', 16, { min: 1, max: 1_000 }),
    statementTimeoutMs: reader.milliseconds('DATABASE_STATEMENT_TIMEOUT_MS', 5_000),
  };
  const database = reader.text('DATABASE_NAME') ?? address?.path ?? 'gateway';
  const config: DatabaseConfig | null =
    host === undefined ? null : { host, user: user ?? 'gateway', database, ...parts, ...limits };
  return { config, statementTimeoutMs: limits.statementTimeoutMs };
}

/** What topics take. */
const PREFIX = /^[A-Za-z0-9_-]{1,40}$/;

/** What several environments on one server are told apart by; the character that ends it is ours. */
function readPrefix(
  reader: SettingReader,
  name: string,
  { end, named }: { end: string; named: string },
): string {
  const spelling = `up to 40 letters, digits, _ and -, without the ${named} that follows it`;
  return reader.value(name, '', spelling, (text) =>
    PREFIX.test(text) ? `${text}${end}` : undefined,
  );
}

export function readRedis(reader: SettingReader) {
  const address = reader.optional(
    'REDIS_URL',
    'redis:// or rediss://user:password@host:port, without a database number',
    (text) => {
      const parsed = parser({ 'redis:': false, 'rediss:': true })(text);
      return parsed?.path === undefined || parsed.path === '0' ? parsed : undefined;
    },
  );
  const { host, user, ...parts } = readAddress(reader, 'REDIS', address ?? {}, 6_379);
  const keyPrefix = readPrefix(reader, 'REDIS_KEY_PREFIX', { end: ':', named: 'colon' });
  const commandTimeoutMs = reader.milliseconds('REDIS_COMMAND_TIMEOUT_MS', 150);
  const config: RedisConfig | null =
    host === undefined ? null : { host, user: user ?? null, ...parts, keyPrefix, commandTimeoutMs };
  return { config, commandTimeoutMs };
}

/** What a broker allows by default. */
const SESSION_RANGE = { min: 6_000, max: 300_000 };

function parseBrokers(text: string): readonly string[] | undefined {
  const brokers = text.split(',').map((part) => part.trim());
  const isBroker = (broker: string) => {
    const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(broker) ?? [];
    return HOST.test(host) && parseInteger(port, 1, MAX_PORT) !== undefined;
  };
  return brokers.every(isBroker) ? brokers : undefined;
}

export function readKafka(reader: SettingReader, isProduction: boolean): KafkaConfig | null {
  const expected = 'host:port, comma-separated';
  const list = reader.optional('KAFKA_BROKERS', expected, parseBrokers);
  const { host, port, user, password, tls } = readAddress(reader, 'KAFKA', {}, 9_092);
  const mechanism = reader.choice('KAFKA_SASL_MECHANISM', 'SCRAM-SHA-512', SASL_MECHANISMS);
  const limits = {
    minReplication: reader.integer('KAFKA_MIN_REPLICATION', isProduction ? 3 : 1, {
      min: 1,
      max: 15,
    }),
    partitions: reader.integer('KAFKA_PARTITIONS', 12, { min: 1, max: 10_000 }),
    topicPrefix: readPrefix(reader, 'KAFKA_TOPIC_PREFIX', { end: '.', named: 'dot' }),
    sessionMs: reader.integer('KAFKA_SESSION_MS', 30_000, SESSION_RANGE),
  };
  const brokers = list ?? (host === undefined ? null : [`${host}:${port}`]);
  if (brokers === null) return null;
  if (user !== undefined && !password.isSet) {
    reader.problem('KAFKA_PASSWORD', 'set together with KAFKA_USER');
  }
  const sasl = user === undefined ? null : { mechanism, username: user, password };
  return { brokers, tls, sasl, ...limits };
}
