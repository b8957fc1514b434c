import type pg from 'pg';
import { toStoreError } from './errors.ts';

export interface ApiKeyRecord {
  id: string;
  merchantId: string;
  prefix: string;
  scopes: string[];
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

interface ApiKeyRow {
  id: string;
  merchant_id: string;
  prefix: string;
  scopes: string[];
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
}

export interface MerchantStore {
  /** False when there is one with this id already. */
  createMerchant(id: string, name: string, actor: string): Promise<boolean>;
  merchantExists(id: string): Promise<boolean>;
  addKey(
    key: { id: string; merchantId: string; prefix: string; keyHash: Buffer; scopes: string[] },
    actor: string,
  ): Promise<void>;
  /** False when no key with this id works. */
  revokeKey(id: string, actor: string): Promise<boolean>;
  listKeys(merchantId: string): Promise<ApiKeyRecord[]>;
  /** Only a key that works now: not revoked, not expired. */
  findKey(keyHash: Buffer): Promise<{ merchantId: string; scopes: string[] } | null>;
}

/** Each change and its line in the audit log are one statement. */
export function makeMerchantStore(pool: pg.Pool): MerchantStore {
  const query = async <Row extends pg.QueryResultRow>(text: string, values: unknown[]) => {
    try {
      return await pool.query<Row>(text, values);
    } catch (error) {
      throw toStoreError(error);
    }
  };
  return {
    async createMerchant(id, name, actor) {
      const { rowCount } = await query(
        `with made as (
           insert into merchants (id, name) values ($1, $2) on conflict do nothing returning id)
         insert into audit_log (actor, action, subject) select $3, 'merchant.create', id from made`,
        [id, name, actor],
      );
      return rowCount === 1;
    },
    async merchantExists(id) {
      const { rowCount } = await query('select 1 from merchants where id = $1', [id]);
      return rowCount === 1;
    },
    async addKey({ id, merchantId, prefix, keyHash, scopes }, actor) {
      await query(
        `with made as (
           insert into api_keys (id, merchant_id, prefix, key_hash, scopes)
           values ($1, $2, $3, $4, $5) returning id)
         insert into audit_log (actor, action, subject, detail)
         select $6, 'key.create', id, jsonb_build_object('merchant', $2::text, 'prefix', $3::text)
         from made`,
        [id, merchantId, prefix, keyHash, scopes, actor],
      );
    },
    async revokeKey(id, actor) {
      const { rowCount } = await query(
        `with gone as (
           update api_keys set revoked_at = now() where id = $1 and revoked_at is null returning id)
         insert into audit_log (actor, action, subject) select $2, 'key.revoke', id from gone`,
        [id, actor],
      );
      return rowCount === 1;
    },
    async listKeys(merchantId) {
      const { rows } = await query<ApiKeyRow>(
        `select id, merchant_id, prefix, scopes, created_at, expires_at, revoked_at
         from api_keys where merchant_id = $1 order by created_at, id`,
        [merchantId],
      );
      return rows.map((row) => ({
        id: row.id,
        merchantId: row.merchant_id,
        prefix: row.prefix,
        scopes: row.scopes,
        createdAt: row.created_at,
        expiresAt: row.expires_at,
        revokedAt: row.revoked_at,
      }));
    },
    async findKey(keyHash) {
      const { rows } = await query<{ merchant_id: string; scopes: string[] }>(
        `select merchant_id, scopes from api_keys
         where key_hash = $1 and revoked_at is null and coalesce(expires_at > now(), true)`,
        [keyHash],
      );
      return rows[0] ? { merchantId: rows[0].merchant_id, scopes: rows[0].scopes } : null;
    },
  };
}
