import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../src/adapters/postgres/migrate.ts';
import { makePool } from '../../src/adapters/postgres/pool.ts';
import type { Clock } from '../../src/domain/ports.ts';
import type { LogFields, Logger, Metrics } from '../../src/domain/telemetry.ts';

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: this test needs a real server (npm test starts one)`);
}

export const kafkaBrokers = (): string[] => required('TEST_KAFKA_BROKERS').split(',');

export const randomName = (prefix: string) => `${prefix}${randomBytes(6).toString('hex')}`;

/** Mulberry32: the same seed, the same sequence in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
};

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

/** A logger that keeps its lines; set `TEST_LOG=1` to see them. */
export function recordingLogger() {
  const lines: { level: string; message: string; fields: LogFields }[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields });
      if (process.env.TEST_LOG) process.stderr.write(`${level} ${message} ${print(fields)}\n`);
    };
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return { logger, lines };
}

function print(fields: LogFields): string {
  const text = (value: unknown) =>
    value instanceof Error ? (value.stack ?? value.message) : value;
  return JSON.stringify(Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, text(v)])));
}

/** Metrics that keep each call as `[method, ...arguments]`. */
export function recordingMetrics() {
  const calls: unknown[][] = [];
  const metrics = new Proxy({} as Metrics, {
    get:
      (_, name) =>
      (...args: unknown[]) => {
        calls.push([name, ...args]);
      },
  });
  return { metrics, calls };
}

/** A migrated database of its own, dropped at the end. */
export async function createDatabase() {
  const url = new URL(required('TEST_DATABASE_URL'));
  const name = randomName('messaging_');
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`create database ${name}`);
  url.pathname = name;
  const pool = makePool({ connectionString: url.href, max: 20 }, silentLogger);
  await migrate(pool, silentLogger);
  return {
    url: url.href,
    pool,
    async drop() {
      await pool.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}
