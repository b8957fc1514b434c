/** Postgres as managed ones are: TLS alone, SCRAM, an authority of its own. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { runRole } from '../../scripts/servers/child-process.ts';
import { openPool, waitForSchema } from '../../src/composition/servers.ts';
import { loadConfig } from '../../src/config.ts';
import { makeMetrics } from '../../src/metrics.ts';
import { systemClock, systemIds } from '../../src/system.ts';
import { API_ENV } from '../support/config-env.ts';
import { recordingLogger } from '../support/messaging.ts';
import { EVERY_CHARACTER, startTlsServer, type TlsServer } from '../support/tls-servers.ts';

type Env = Record<string, string>;

describe('Postgres with TLS', () => {
  let postgres: TlsServer;
  let env: Env;

  before(async () => {
    postgres = await startTlsServer('postgres');
    // By parts, as a managed secret gives them.
    env = {
      ...API_ENV,
      DATABASE_URL: '',
      DATABASE_HOST: 'localhost',
      DATABASE_PORT: `${postgres.port}`,
      DATABASE_NAME: 'postgres',
      DATABASE_USER: postgres.user,
      DATABASE_PASSWORD: postgres.password,
      DATABASE_TLS: 'true',
      DATABASE_CA: postgres.authority,
    };
  });
  after(() => postgres?.[Symbol.asyncDispose]());

  const ask = async (over: Env = {}) => {
    const config = loadConfig({ ...env, ...over }, { role: 'verify' });
    const metrics = makeMetrics({ processMetrics: false });
    const { logger, lines } = recordingLogger();
    const parts = { config, logger, metrics, clock: systemClock, ids: systemIds };
    return { parts, lines, pool: openPool(parts) };
  };
  const start = async (over: Env) => {
    const { parts, lines, pool } = await ask(over);
    let slept = 0;
    // Two minutes pass at once, half a minute with each pause.
    const clock = {
      ...systemClock,
      monotonicMs: () => slept * 30_000,
      sleep: async () => void slept++,
    };
    try {
      const error = await waitForSchema(pool, { ...parts, clock }).then(
        () => undefined,
        (reason: Error) => reason.message,
      );
      const told = lines.map(({ message }) => message).filter((line) => /^waiting/.test(line));
      return { error, slept, told };
    } finally {
      await pool.end();
    }
  };

  it('is used by migrate and by a start, with the certificate checked', async () => {
    const migrated = await runRole('migrate', env);
    assert.equal(migrated.code, 0, migrated.output);
    assert.deepEqual(await start({}), { error: undefined, slept: 0, told: [] });
    const { pool } = await ask();
    const { rows } = await pool.query(
      'select ssl, version from pg_stat_ssl where pid = pg_backend_pid()',
    );
    await pool.end();
    assert.equal(rows[0].ssl, true);
    assert.match(rows[0].version, /^TLSv1\.[23]$/);
  });

  const LASTING: [string, () => Env, string][] = [
    [
      'an authority that did not sign',
      () => ({ DATABASE_CA: postgres.otherAuthority }),
      "the database's certificate is not signed by an authority that we know (DATABASE_CA)",
    ],
    [
      'the authorities of somebody else',
      () => ({ DATABASE_CA: 'amazon-rds' }),
      "the database's certificate is not signed by an authority that we know (DATABASE_CA)",
    ],
    [
      'no authority but those that Node knows',
      () => ({ DATABASE_CA: '' }),
      "the database's certificate is not signed by an authority that we know (DATABASE_CA)",
    ],
    [
      'a host that is not in the certificate, by its address',
      () => ({ DATABASE_HOST: '127.0.0.1' }),
      "the database's certificate is for another host (DATABASE_HOST)",
    ],
    ['no TLS', () => ({ DATABASE_TLS: 'false' }), 'the database wants TLS (DATABASE_TLS)'],
    [
      'no password',
      () => ({ DATABASE_PASSWORD: '' }),
      'the database wants a password, and has none from us (DATABASE_USER, DATABASE_PASSWORD)',
    ],
  ];
  for (const [what, over, reason] of LASTING) {
    it(`refuses ${what}, and a start ends at once: ${reason}`, async () => {
      assert.deepEqual(await start(over()), { error: reason, slept: 0, told: [] });
    });
  }

  it('a wrong password is said at once, waited for as long as for a server, and ends the start', async () => {
    const reason =
      'the database refuses the user or the password (DATABASE_USER, DATABASE_PASSWORD)';
    const { error, slept, told } = await start({ DATABASE_PASSWORD: 'canary-password' });
    assert.equal(error, reason);
    assert.deepEqual(told, [`waiting: ${reason}`]);
    assert.ok(slept > 3);
  });

  it('a start waits for a user that is about to be made', async () => {
    const { parts, pool, lines } = await ask({
      DATABASE_USER: 'late',
      DATABASE_PASSWORD: 'a-word',
    });
    const clock = {
      ...systemClock,
      async sleep() {
        await admin("create role late login superuser password 'a-word'");
      },
    };
    await waitForSchema(pool, { ...parts, clock });
    await pool.end();
    assert.match(lines.map(({ message }) => message).join('\n'), /waiting: the database refuses/);
  });

  it('a command ends with 1 and the same words, and shows no value', async () => {
    for (const [role, args] of [
      ['verify', []],
      ['migrate', []],
      ['admin', ['key', 'list', 'shop']],
    ] as const) {
      const wrong = { ...env, DATABASE_USER: 'canary-user', DATABASE_PASSWORD: 'canary-password' };
      const { code, output } = await runRole(role, wrong, { args });
      assert.equal(code, 1);
      assert.match(output, /^the database refuses the user or the password \(DATABASE_USER, /m);
      assert.doesNotMatch(output, /canary-password/);
    }
  });

  it('takes a password of every printable character', async () => {
    await admin(`create role odd login password ${pg.escapeLiteral(EVERY_CHARACTER)}`);
    const { pool } = await ask({ DATABASE_USER: 'odd', DATABASE_PASSWORD: EVERY_CHARACTER });
    const { rows } = await pool.query('select current_user as name');
    await pool.end();
    assert.deepEqual(rows, [{ name: 'odd' }]);
  });

  async function admin(statement: string): Promise<void> {
    const { pool } = await ask();
    await pool.query(statement).finally(() => pool.end());
  }
});
