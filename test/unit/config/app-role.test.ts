import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_ENV, files, load, problemNames } from '../../support/config-env.ts';

const OWNER = { DATABASE_URL: 'postgres://owner:word@db/payments' };
const APP = { DATABASE_APP_USER: 'gateway_1', DATABASE_APP_PASSWORD: 'correct horse battery' };
const migrate = { role: 'migrate' } as const;

test('migrate reads the role that it makes, and its password', () => {
  const { appRole } = load({ ...OWNER, ...APP }, migrate);
  assert.equal(appRole?.user, 'gateway_1');
  assert.equal(appRole?.password.reveal(), 'correct horse battery');
  assert.equal(load(OWNER, migrate).appRole, null);
});

test('its password may come from a file', () => {
  const env = { ...OWNER, DATABASE_APP_USER: 'app', DATABASE_APP_PASSWORD_FILE: '/run/word' };
  const readFile = files({ '/run/word': 'sixteen characters\n' });
  assert.equal(
    load(env, { ...migrate, readFile }).appRole?.password.reveal(),
    'sixteen characters',
  );
});

test('one of the two alone is a problem of the other', () => {
  const { DATABASE_APP_USER, DATABASE_APP_PASSWORD } = APP;
  assert.deepEqual(problemNames({ ...OWNER, DATABASE_APP_USER }, migrate), [
    'DATABASE_APP_PASSWORD',
  ]);
  assert.deepEqual(problemNames({ ...OWNER, DATABASE_APP_PASSWORD }, migrate), [
    'DATABASE_APP_USER',
  ]);
});

test('a name that Postgres would cut, keep for itself or give to somebody else is refused', () => {
  for (const user of ['pg_app', 'a b', 'a"b', 'ü', 'x'.repeat(64), 'gateway_app', 'owner']) {
    const names = problemNames({ ...OWNER, ...APP, DATABASE_APP_USER: user }, migrate);
    assert.deepEqual(names, ['DATABASE_APP_USER'], user);
  }
});

test('a short password, and one that Postgres would change before it hashes it, is refused', () => {
  for (const password of ['fifteen letters', 'passwörd passwörd', 'with\ttab and more']) {
    const names = problemNames({ ...OWNER, ...APP, DATABASE_APP_PASSWORD: password }, migrate);
    assert.deepEqual(names, ['DATABASE_APP_PASSWORD'], password);
  }
});

test('no other role keeps it', () => {
  assert.equal(load({ ...API_ENV, ...APP, DATABASE_USER: 'gateway_1' }).appRole, null);
});
