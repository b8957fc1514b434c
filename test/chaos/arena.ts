/** A gateway of real processes with a proxy between every two that talk: what nemeses fight in. */
import { freePort } from '../../scripts/servers/ports.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { type ArenaServers, startArenaServers } from './arena-servers.ts';
import { type Fleet, type Role, startFleet } from './fleet.ts';

/** What a nemesis can do something to; it holds it meanwhile, so that two never heal each other's harm. */
export interface Link {
  /** `api-1 to redis` */
  readonly name: string;
  readonly kind: LinkKind;
  readonly proxy: TcpProxy;
}

export type LinkKind = 'redis' | 'postgres' | 'kafka' | 'provider' | 'callbacks';

export interface Arena extends AsyncDisposable {
  fleet: Fleet;
  apis: readonly Role[];
  workers: readonly Role[];
  servers: ArenaServers;
  links: readonly Link[];
  /** One worker more, with settings of its own; it goes the same ways as the first. */
  startExtraWorker(env: Record<string, string>): Promise<Role>;
}

export interface ArenaOptions {
  /** @default 2 */
  apis?: number;
  /** @default 2 */
  workers?: number;
  env?: Record<string, string>;
  /** A broker that nemeses leave alone. @default one of its own */
  kafkaBrokers?: string | undefined;
  /** Servers that outlive the arena. @default servers of its own */
  servers?: ArenaServers | undefined;
  abruptEnd?: boolean | undefined;
  log: (line: string) => void;
}

/**
 * Breakers that open and close again within a run; and no callback or status query that waits for them for long.
 * The window and the reset keep to the order that the configuration asks for.
 */
const BREAKER = {
  BREAKER_VOLUME: '10',
  BREAKER_WINDOW_MS: '5000',
  BREAKER_RESET_MS: '2000',
  BREAKER_RESET_MAX_MS: '2000',
  BREAKER_RESET_GROWTH: '1',
};

const CLOCK = { NODE_OPTIONS: `--import=${new URL('./clock-preload.ts', import.meta.url)}` };

export async function startArena(options: ArenaOptions): Promise<Arena> {
  const { apis = 2, workers = 2, env = {} } = options;
  await using stack = new AsyncDisposableStack();
  const servers = options.servers ?? stack.use(await startArenaServers(options));
  const links: Link[] = [];
  const { kafkaProxy: proxy } = servers;
  if (proxy) links.push({ name: 'workers to kafka', kind: 'kafka', proxy });
  const open = async (name: string, kind: LinkKind, port: number): Promise<number> => {
    const way = stack.use(await startTcpProxy({ port }));
    links.push({ name, kind, proxy: way });
    return way.port;
  };

  const firstPort = await freePort();
  const publicUrl = `http://127.0.0.1:${await open('providers to api', 'callbacks', firstPort)}`;
  const fleet = stack.use(
    await startFleet({
      servers: {
        redisUrl: servers.redis.address,
        kafkaBrokers: servers.kafka.address,
        databaseUrl: servers.postgres.address,
      },
      apis: 0,
      workers: 0,
      env: { PUBLIC_URL: publicUrl, ...BREAKER, ...env },
      abruptEnd: options.abruptEnd,
    }),
  );
  const ways = async (label: string): Promise<Record<string, string>> => {
    // A way for each, so that one can be cut off while the other is there.
    const simulators = portOf(fleet.simulatorsUrl);
    const mtnPort = await open(`${label} to MTN`, 'provider', simulators);
    const airtelPort = await open(`${label} to AIRTEL`, 'provider', simulators);
    const databasePort = await open(`${label} to postgres`, 'postgres', portOf(fleet.databaseUrl));
    return {
      ...CLOCK,
      DATABASE_URL: onPort(fleet.databaseUrl, databasePort),
      MTN_BASE_URL: `http://127.0.0.1:${mtnPort}/mtn`,
      AIRTEL_BASE_URL: `http://127.0.0.1:${airtelPort}/airtel`,
    };
  };
  const startApi = async (i: number) => {
    const label = `api ${i + 1}`;
    const redisPort = await open(`${label} to redis`, 'redis', portOf(servers.redis.address));
    const redis = { REDIS_URL: onPort(servers.redis.address, redisPort) };
    return await fleet.startApi({ ...(await ways(label)), ...redis }, i === 0 ? firstPort : 0);
  };
  const workerWays: Record<string, string>[] = [];
  const startWorker = async (i: number) => {
    const brokers = proxy ? `127.0.0.1:${proxy.port}` : servers.kafka.address;
    const all = { ...(await ways(`worker ${i + 1}`)), KAFKA_BROKERS: brokers };
    workerWays[i] = all;
    return await fleet.startWorker(all);
  };
  const [apiRoles, workerRoles] = await Promise.all([
    Promise.all(Array.from({ length: apis }, (_, i) => startApi(i))),
    Promise.all(Array.from({ length: workers }, (_, i) => startWorker(i))),
  ]);
  const owner = stack.move();
  return {
    fleet,
    apis: apiRoles,
    workers: workerRoles,
    servers,
    links,
    startExtraWorker: (own) => fleet.startWorker({ ...workerWays[0], ...own }),
    [Symbol.asyncDispose]: () => owner.disposeAsync(),
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function onPort(url: string, port: number): string {
  const moved = new URL(url);
  moved.port = String(port);
  return moved.href;
}
