import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Server } from '../../../scripts/servers/server.ts';
import type { Arena } from '../arena.ts';
import { type Nemesis, waitWithin } from './battle.ts';

type ServerOf = (arena: Arena) => Server;
const redis: ServerOf = ({ servers }) => servers.redis;
const postgres: ServerOf = ({ servers }) => servers.postgres;
const kafka: ServerOf = ({ servers }) => servers.kafka;

const FLUSH_EVERY_MS = 200;

function kill(name: string, does: string, serverOf: ServerOf): Nemesis {
  return {
    name,
    does,
    async strike(battle) {
      await battle.hold([serverOf(battle.arena)], async (server) => {
        await server.kill();
        battle.count(name);
        await waitWithin(battle, 100, 2_000);
        await server.restart();
      });
      await waitWithin(battle, 500, 2_000);
    },
  };
}

function pause(name: string, does: string, serverOf: ServerOf): Nemesis {
  return {
    name,
    does,
    async strike(battle) {
      await battle.hold([serverOf(battle.arena)], async (server) => {
        await server.pause();
        battle.count(name);
        await waitWithin(battle, 300, 3_000);
        await server.resume();
      });
      await waitWithin(battle, 500, 2_000);
    },
  };
}

const flush: Nemesis = {
  name: 'flush-redis',
  does: 'FLUSHALL every 200 ms',
  async strike({ arena, count }) {
    const client = openRedis(arena.servers.redis.address);
    for (let i = 0; i < 10; i += 1) {
      const isDone = await client.flushall().then(Boolean, () => false);
      if (isDone) count('flush-redis');
      await sleep(FLUSH_EVERY_MS);
    }
    client.disconnect();
  },
};

/** Past the proxies, and without a word when somebody else kills the server meanwhile. */
export function openRedis(address: string): Redis {
  const client = new Redis(address, {
    maxRetriesPerRequest: 0,
    connectTimeout: 500,
    commandTimeout: 500,
  });
  client.on('error', () => undefined);
  return client;
}

export const SERVER_NEMESES: readonly Nemesis[] = [
  kill('kill-redis', 'kill -9 of Redis, which comes back empty', redis),
  kill('kill-postgres', 'kill -9 of Postgres', postgres),
  kill('kill-kafka', 'kill -9 of the broker', kafka),
  pause('pause-redis', 'Redis takes connections and does not answer', redis),
  pause('pause-postgres', 'Postgres takes connections and does not answer', postgres),
  pause('pause-kafka', 'the broker takes connections and does not answer', kafka),
  flush,
];
