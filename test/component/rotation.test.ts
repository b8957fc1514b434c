/** Secrets that rotate, each with two valid versions side by side, as while a new version rolls out. */
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { hashApiKey, newApiKey, shownPrefix } from '../../src/adapters/crypto/api-keys.ts';
import { makePayerVault } from '../../src/adapters/crypto/payer-vault.ts';
import { makeMerchantStore } from '../../src/adapters/postgres/merchants.ts';
import { DEMO_CREDENTIALS, DEMO_SECRETS } from '../../src/config/demo-values.ts';
import { loadConfig } from '../../src/config.ts';
import { API_ENV } from '../support/config-env.ts';
import {
  AIRTEL_WALLET,
  newKey,
  type Rig,
  SHORT_TIMINGS,
  startRig,
} from '../support/gateway-rig.ts';

describe('while a secret is changed', () => {
  let rig: Rig;
  before(async () => {
    // Only callbacks bring a settlement forward here.
    rig = await startRig({ env: { ...SHORT_TIMINGS, FIRST_STATUS_QUERY_MS: '60000' } });
  });
  after(() => rig?.[Symbol.asyncDispose]());

  it('a merchant has two API keys: each replays the other’s payment, and one may go', async () => {
    const merchants = makeMerchantStore(rig.database.pool);
    const { id: merchantId, key: first } = await rig.newMerchant();
    const second = newApiKey();
    const keyHash = hashApiKey(Buffer.from(DEMO_SECRETS.API_KEY_PEPPER), second);
    const record = { id: 'key_second', merchantId, prefix: shownPrefix(second), keyHash };
    await merchants.addKey({ ...record, scopes: ['payments:write', 'payments:read'] }, 'test');
    const pay = (apiKey: string, key: string) =>
      rig.pay({ key, headers: { authorization: `Bearer ${apiKey}` } });

    const key = newKey();
    const paid = await pay(first, key);
    assert.equal(paid.status, 202, paid.text);
    assert.equal((await pay(second, key)).text, paid.text);
    assert.ok(await merchants.revokeKey(`key-${merchantId}`, 'test'));
    // A copy that has not met the first key refuses it at once, every other one within a minute.
    const fresh = await rig.startApi();
    const headers = { authorization: `Bearer ${first}` };
    assert.equal((await rig.pay({ key, headers, api: fresh })).status, 401);
    assert.equal((await pay(second, newKey())).status, 202);
  });

  it('ENCRYPTION_KEYS: a copy with the old key and one with both write, and both are read', async () => {
    const next = `next:${randomBytes(32).toString('base64')}`;
    const ENCRYPTION_KEYS = `${next},${DEMO_SECRETS.ENCRYPTION_KEYS}`;
    const fresh = await rig.startApi({ ENCRYPTION_KEYS });
    const ids = [];
    for (const api of [0, fresh]) {
      const { status, json } = await rig.pay({ key: newKey(), api });
      assert.equal(status, 202);
      ids.push(json.id);
    }
    const { secrets } = loadConfig({ ...API_ENV, ENCRYPTION_KEYS }, { role: 'verify' });
    const vault = makePayerVault(secrets.encryptionKeys.reveal(), Buffer.alloc(32));
    const { rows } = await rig.database.pool.query(
      'select id, payer_cipher from payments where id = any($1) order by created_at, id',
      [ids],
    );
    const place = { merchantId: rig.merchantId, table: 'payments', column: 'payer_cipher' };
    for (const { id, payer_cipher } of rows) {
      assert.equal(vault.open(payer_cipher, { ...place, rowId: id }), AIRTEL_WALLET);
    }
    const writers = rows.map(({ payer_cipher: blob }) => `${blob.subarray(2, 2 + blob[1])}`);
    assert.deepEqual(writers, ['demo-1', 'next']);
  });

  it('AIRTEL_CALLBACK_KEY: callbacks signed with the old one and the new one settle', async () => {
    const old = DEMO_CREDENTIALS.AIRTEL_CALLBACK_KEY as string;
    const both = await rig.startApi({ AIRTEL_CALLBACK_KEY: `next-key,${old}` });
    for (const signer of [old, 'next-key']) {
      const paid = await rig.pay({ key: newKey(), api: both });
      const callback = signedCallback(paid.json.attempts[0].providerReference, signer);
      const answer = await rig.send('/callbacks/airtel', callback, both);
      assert.ok(answer.status < 300, answer.text);
      await rig.settled(paid, 'SUCCEEDED');
    }
  });

  it('provider credentials: copies with the new ones charge, the others are refused, and nothing is lost', async () => {
    const credentials = { AIRTEL_CLIENT_SECRET: 'a-secret-that-airtel-does-not-know' };
    const wrong = await rig.startApi(credentials);
    const key = newKey();
    const refused = await rig.pay({ key, api: wrong });
    assert.equal(refused.status, 502, refused.text);
    assert.equal(refused.json.retry, 'same-key');
    const paid = await rig.pay({ key });
    assert.equal(paid.status, 202, paid.text);
    assert.equal((await rig.chargesOf(paid)).length, 1);
  });
});

function signedCallback(reference: string, key: string): RequestInit {
  const payload = { transaction: { id: reference, message: 'm', status_code: 'TS' } };
  const hash = createHmac('sha256', key).update(JSON.stringify(payload)).digest('base64');
  return { method: 'POST', body: JSON.stringify({ ...payload, hash }) };
}
