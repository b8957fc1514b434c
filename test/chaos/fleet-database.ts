import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { hashApiKey, newApiKey, shownPrefix } from '../../src/adapters/crypto/api-keys.ts';
import { makeMerchantStore } from '../../src/adapters/postgres/merchants.ts';

export interface FleetDatabase extends AsyncDisposable {
  url: string;
  pool: pg.Pool;
}

/** An empty database on a server, dropped at the end. */
export async function createDatabase(serverUrl: string, name: string): Promise<FleetDatabase> {
  const admin = async (statement: string) => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await admin(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 4 });
  // A server that a test kills ends idle connections too.
  pool.on('error', () => undefined);
  return {
    url: url.href,
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await admin(`drop database ${name} with (force)`);
    },
  };
}

/** A merchant of its own with a working key. */
export async function createMerchant(pool: pg.Pool, pepper: string) {
  const merchants = makeMerchantStore(pool);
  const id = `m-${randomBytes(6).toString('hex')}`;
  const key = newApiKey();
  await merchants.createMerchant(id, id, 'test');
  const keyHash = hashApiKey(Buffer.from(pepper), key);
  const scopes = ['payments:write', 'payments:read'];
  const record = { id: `key-${id}`, merchantId: id, prefix: shownPrefix(key), keyHash, scopes };
  await merchants.addKey(record, 'test');
  return { id, key };
}
