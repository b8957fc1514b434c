import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../src/adapters/postgres/migrate.ts';
import { makePool, type PoolSettings } from '../../src/adapters/postgres/pool.ts';
import type { Logger } from '../../src/domain/telemetry.ts';

export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

export interface TestDatabase extends AsyncDisposable {
  url: string;
  pool: pg.Pool;
}

/** The address of a server that the test runner started. */
export function serverUrl(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) throw new Error('TEST_DATABASE_URL is not set: run the tests with `npm test`');
  return url;
}

/** A database of its own on the test server, with our schema; dropped at the end. */
export async function makeTestDatabase(
  settings: Omit<PoolSettings, 'connectionString'> = {},
): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = new URL(serverUrl());
  await onServer(`create database ${name}`);
  url.pathname = `/${name}`;
  const pool = makePool({ connectionString: url.href, max: 8, ...settings }, silentLogger);
  await migrate(pool, silentLogger);
  return {
    url: url.href,
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await onServer(`drop database ${name} with (force)`);
    },
  };
}

/** One statement outside of any test database, as its owner. */
export async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
