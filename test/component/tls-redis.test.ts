/** Redis as managed ones are: TLS and a password. It is the fast path: what is wrong with it costs no payment. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { eventually } from '../support/eventually.ts';
import { newKey, type Rig, SHORT_TIMINGS, startRig } from '../support/gateway-rig.ts';
import { randomName, recordingLogger } from '../support/messaging.ts';
import { EVERY_CHARACTER, startTlsServer, type TlsServer } from '../support/tls-servers.ts';

const REFUSED = 'Redis refuses the user or the password (REDIS_USER, REDIS_PASSWORD)';

describe('Redis with TLS', () => {
  let redis: TlsServer;
  let admin: Redis;

  before(async () => {
    redis = await startTlsServer('redis');
    const { port, password, authority: ca } = redis;
    admin = new Redis({ host: 'localhost', port, password, tls: { ca } });
    // It reconnects by itself, and waits with its commands until then.
    admin.on('error', () => {});
  });
  after(async () => {
    admin?.disconnect();
    await redis?.[Symbol.asyncDispose]();
  });

  /** An api whose lines are kept. */
  async function start(over: Record<string, string> = {}) {
    const { logger, lines } = recordingLogger();
    const rig = await startRig({
      redisUrl: null,
      worker: false,
      logger,
      env: {
        ...SHORT_TIMINGS,
        REDIS_HOST: 'localhost',
        REDIS_PORT: `${redis.port}`,
        REDIS_PASSWORD: redis.password,
        REDIS_TLS: 'true',
        REDIS_CA: redis.authority,
        // On a busy machine a connection may take a while.
        REDIS_COMMAND_TIMEOUT_MS: '1000',
        ...over,
      },
    });
    const told = (message: string) =>
      lines.filter((line) => line.message === message).map(({ fields }) => fields.error);
    return {
      rig,
      connected: (times: number) =>
        eventually(() => assert.equal(told('redis connected').length, times)),
      reasons: () => told('redis connection failed').map((error) => (error as Error).message),
    };
  }

  const claims = async () => (await admin.keys('idem:*')).length;
  const pays = async (rig: Rig) => {
    const before = await claims();
    const answer = await rig.pay({ key: newKey() });
    assert.equal(answer.status, 202, answer.text);
    return (await claims()) - before;
  };

  it('claims keys and caches answers', async () => {
    const { rig, connected } = await start();
    await using _ = rig;
    await connected(1);
    assert.equal(await pays(rig), 1);
  });

  const WRONG: [string, () => Record<string, string>, string][] = [
    [
      'an authority that did not sign',
      () => ({ REDIS_CA: redis.otherAuthority }),
      "Redis's certificate is not signed by an authority that we know (REDIS_CA)",
    ],
    [
      'a host that is not in the certificate',
      () => ({ REDIS_HOST: '127.0.0.1' }),
      "Redis's certificate is for another host (REDIS_HOST)",
    ],
    ['a wrong password', () => ({ REDIS_PASSWORD: 'wrong' }), REFUSED],
    ['an unknown user', () => ({ REDIS_USER: 'nobody' }), REFUSED],
    [
      'no password',
      () => ({ REDIS_PASSWORD: '' }),
      'Redis wants a password, and has none from us (REDIS_USER, REDIS_PASSWORD)',
    ],
  ];
  for (const [what, over, reason] of WRONG) {
    it(`with ${what} the database decides alone, and the log says: ${reason}`, async () => {
      const { rig, reasons } = await start(over());
      await using _ = rig;
      await eventually(() => assert.deepEqual(reasons(), [reason]));
      assert.equal(await pays(rig), 0);
      // Once, however often it is tried.
      assert.deepEqual(reasons(), [reason]);
    });
  }

  it('takes a password of every printable character', async () => {
    await admin.acl('SETUSER', 'odd', 'on', `>${EVERY_CHARACTER}`, '~*', '&*', '+@all');
    const { rig, connected } = await start({ REDIS_USER: 'odd', REDIS_PASSWORD: EVERY_CHARACTER });
    await using _ = rig;
    await connected(1);
    assert.equal(await pays(rig), 1);
  });

  for (const user of ['default', 'gateway']) {
    it(`rotates the password of user ${user}: two are good at a time, and no payment is lost`, async () => {
      const [first, second] = [randomName('first-'), randomName('second-')];
      const everything = ['on', '~*', '&*', '+@all'];
      await admin.acl('SETUSER', user, ...everything, `>${first}`);
      const name: Record<string, string> = user === 'default' ? {} : { REDIS_USER: user };
      const old = await start({ ...name, REDIS_PASSWORD: first });
      await using _old = old.rig;
      await old.connected(1);

      await admin.acl('SETUSER', user, `>${second}`);
      redis.cut();
      await old.connected(2);
      assert.equal(await pays(old.rig), 1);
      const fresh = await start({ ...name, REDIS_PASSWORD: second });
      await using _fresh = fresh.rig;
      await fresh.connected(1);

      await admin.acl('SETUSER', user, `<${first}`);
      redis.cut();
      await fresh.connected(2);
      await eventually(() => assert.equal(old.reasons().at(-1), REFUSED));
      assert.equal(await pays(old.rig), 0);
      assert.equal(await pays(fresh.rig), 1);

      // And back.
      await admin.acl('SETUSER', user, `>${first}`);
      await old.connected(3);
      await eventually(async () => assert.equal(await pays(old.rig), 1));
    });
  }
});
