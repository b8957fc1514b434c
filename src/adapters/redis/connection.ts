import { Redis, type RedisOptions } from 'ioredis';
import { explained } from '../../domain/server-trouble.ts';
import type { Logger } from '../../domain/telemetry.ts';

export interface RedisSettings {
  url?: string;
  host?: string;
  port?: number;
  username?: string;
  password?: string;
  tls?: RedisOptions['tls'];
  /** In front of every key: environments that share a server must not replay each other's answers. @default none */
  keyPrefix?: string;
  /** Longest wait for one command. @default 150 */
  commandTimeoutMs?: number;
}

/** Reconnect attempts come no slower than this: Redis is back in use within 5 s of its return. */
const RECONNECT_MAX_MS = 1_000;

/**
 * A connection for claims. Nothing is queued while Redis is away and nothing is sent twice: a claim that
 * waited or was repeated would look taken by somebody else.
 */
export function connectRedis(settings: RedisSettings, logger: Logger): Redis {
  const options: RedisOptions = {
    host: settings.host,
    port: settings.port,
    username: settings.username,
    password: settings.password,
    tls: settings.tls,
    // An empty one would be put in front of each key all the same, which costs.
    ...(settings.keyPrefix && { keyPrefix: settings.keyPrefix }),
    commandTimeout: settings.commandTimeoutMs ?? 150,
    connectTimeout: 500,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    enableReadyCheck: true,
    retryStrategy: (times) => Math.min(50 * 2 ** times, RECONNECT_MAX_MS),
  };
  const client = settings.url ? new Redis(settings.url, options) : new Redis(options);
  let lastLogged = '';
  client.on('error', (raw: Error) => {
    const error = explained('redis', raw) as Error;
    // One line for each kind of trouble, not one for each attempt.
    if (error.message === lastLogged) return;
    lastLogged = error.message;
    logger.warn('redis connection failed', { error });
  });
  client.on('ready', () => {
    lastLogged = '';
    logger.info('redis connected');
    void warnOfEviction(client, logger);
  });
  return client;
}

/** RED-5: a Redis that evicts forgets claims in silence; one that is full says so. Managed ones may not tell. */
async function warnOfEviction(client: Redis, logger: Logger): Promise<void> {
  const reply = await client.config('GET', 'maxmemory-policy').catch(() => null);
  const policy = Array.isArray(reply) ? reply.at(-1) : undefined;
  if (typeof policy === 'string' && policy !== 'noeviction') {
    logger.warn('redis may evict claims: set maxmemory-policy to noeviction', { state: policy });
  }
}
