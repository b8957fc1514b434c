/**
 * Real Redis, Kafka and Postgres, as a team has them before it comes: on this machine's loopback, reached
 * by the tasks through the gateway of their network, and handed to the stack by its settings.
 */
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';
import { freePort } from '../../scripts/servers/ports.ts';
import { type Servers, startServers } from '../../scripts/servers/start-servers.ts';
import type { Clients } from './clients.ts';
import { forward } from './forward.ts';

export interface Ground extends AsyncDisposable {
  servers: Servers;
  /** What the stack is told. */
  settings: Record<string, string | number | boolean>;
  /**
   * Database and Redis as on the first day: they are not the stacks', so destroy leaves what is in them. Kafka
   * keeps its topics, whose messages are all consumed.
   */
  empty(): Promise<void>;
}

export async function startGround(
  gateway: string,
  { secrets }: Clients,
  log: (line: string) => void,
): Promise<Ground> {
  await using opened = new AsyncDisposableStack();
  const ports = { redis: await freePort(), kafka: await freePort(), postgres: await freePort() };
  for (const port of Object.values(ports)) opened.use(await forward(gateway, port, port));
  const servers = await startServers({
    redis: { durable: true },
    kafka: { advertisedHost: gateway },
    postgres: true,
    ports,
    log,
  });
  opened.use(servers);
  const put = async (name: string, value: Record<string, string>) => {
    const SecretString = JSON.stringify(value);
    const { ARN = '' } = await secrets.createSecret({ Name: name, SecretString });
    return ARN;
  };
  const password = await demandPassword(servers.redisUrl);
  const redisUrl = withPassword(servers.redisUrl, password);
  const { username, password: ownerPassword, pathname } = new URL(servers.databaseUrl);
  const settings = {
    existingPostgresHost: gateway,
    existingPostgresPort: ports.postgres,
    existingPostgresName: pathname.slice(1),
    existingPostgresTls: false,
    existingPostgresOwnerSecretArn: await put('team/postgres-owner', {
      username,
      password: ownerPassword,
    }),
    existingRedisHost: gateway,
    existingRedisPort: ports.redis,
    existingRedisTls: false,
    existingRedisSecretArn: await put('team/redis', { password }),
    existingKafkaBrokers: `${gateway}:${ports.kafka}`,
    existingKafkaTls: false,
  };
  const all = opened.move();
  return {
    servers,
    settings,
    async empty() {
      await emptyDatabase(servers.databaseUrl);
      await emptyRedis(redisUrl);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function demandPassword(url: string): Promise<string> {
  const password = randomBytes(16).toString('hex');
  const client = new Redis(url);
  try {
    await client.config('SET', 'requirepass', password);
  } finally {
    client.disconnect();
  }
  return password;
}

function withPassword(url: string, password: string): string {
  return Object.assign(new URL(url), { password }).href;
}

async function emptyRedis(url: string): Promise<void> {
  const client = new Redis(url);
  try {
    await client.flushall();
  } finally {
    client.disconnect();
  }
}

/** Drops the database whole, with what still hangs on it, and makes it again. */
async function emptyDatabase(databaseUrl: string): Promise<void> {
  const { pathname } = new URL(databaseUrl);
  const elsewhere = Object.assign(new URL(databaseUrl), { pathname: '/template1' });
  const client = new pg.Client({ connectionString: elsewhere.href });
  await client.connect();
  try {
    const name = client.escapeIdentifier(pathname.slice(1));
    await client.query(`drop database ${name} with (force)`);
    await client.query(`create database ${name}`);
  } finally {
    await client.end();
  }
}
