import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerAnswers, endDockerOrphans, startInDocker } from './docker.ts';
import { brokerServes, type KafkaOptions, startKafka } from './kafka.ts';
import { freePort, tcpAnswers } from './ports.ts';
import { answersQuery, startPostgres } from './postgres.ts';
import { endOrphans } from './process-records.ts';
import { makeInstallPackages } from './programs.ts';
import { type RedisOptions, startRedis } from './redis.ts';
import { givenServer, type Server, type ServerName, type StartContext } from './server.ts';

export type { Server, ServerName } from './server.ts';

export interface StartServersOptions {
  redis?: boolean | RedisOptions;
  kafka?: boolean | KafkaOptions;
  postgres?: boolean;
  /** Servers that run already, by address; those are used and left alone. */
  addresses?: Partial<Record<ServerName, string | undefined>>;
  /** @default a free port for each */
  ports?: Partial<Record<ServerName, number>>;
  /** Where their data goes; each server's part is removed by `stop`. @default a new directory in tmp */
  dataDir?: string;
  /** What is being fetched, installed or cleaned up. @default nothing is told */
  log?: (line: string) => void;
}

export interface Servers extends AsyncDisposable {
  /** Each throws when that server was not asked for. */
  readonly redis: Server;
  readonly kafka: Server;
  readonly postgres: Server;
  readonly redisUrl: string;
  readonly kafkaBrokers: string;
  readonly databaseUrl: string;
  readonly all: readonly Server[];
  stop(): Promise<void>;
}

const CHECKS: Record<ServerName, (address: string) => Promise<void>> = {
  redis: (address) => {
    const { hostname, port } = new URL(address);
    return tcpAnswers(hostname, Number(port || 6379), 3000);
  },
  kafka: brokerServes,
  postgres: answersQuery,
};

/**
 * Real servers, each by the first way that works: an address that was given, a Docker engine that
 * answers, programs of this machine, Debian's packages as root. Otherwise it throws and names what is
 * missing. What it starts ends with `stop`, with this process, or, after a SIGKILL, at the next start.
 */
export async function startServers(options: StartServersOptions): Promise<Servers> {
  const log = options.log ?? (() => undefined);
  endOrphans(log);
  const names = (['redis', 'kafka', 'postgres'] as const).filter((name) => options[name]);
  const isOurs = (name: ServerName) => !options.addresses?.[name];
  const docker = names.some(isOurs) && (await dockerAnswers());
  if (docker) await endDockerOrphans(log).catch((error) => log(`docker: ${error.message}`));
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'gateway-servers-')));
  await mkdir(dataDir, { recursive: true });
  // Postgres runs as another user when this is root, and must find its way in.
  await chmod(dataDir, 0o755);
  const installPackages = makeInstallPackages(log);

  async function start(name: ServerName): Promise<Server> {
    const given = options.addresses?.[name];
    if (given) {
      await CHECKS[name](given).catch((cause) => {
        throw new Error(`${name} does not answer at the address given: ${cause.message}`, {
          cause,
        });
      });
      return givenServer(name, given);
    }
    const port = options.ports?.[name] ?? (await freePort());
    if (docker) {
      try {
        return await startInDocker(name, port, advertisedHost(options));
      } catch (error) {
        log(`Docker could not start ${name}, trying this machine's programs: ${error}`);
      }
    }
    const directory = join(dataDir, name);
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory);
    return withDirectory(
      await startProgram(name, options, { directory, port, log, installPackages }),
      directory,
    );
  }

  const started = await Promise.allSettled(names.map(start));
  const all = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async () => {
    await Promise.all(all.map((server) => server.stop()));
    if (!options.dataDir) await rm(dataDir, { recursive: true, force: true });
  };
  const failures = started.flatMap((result) =>
    result.status === 'rejected' ? [result.reason] : [],
  );
  if (failures.length > 0) {
    await stop();
    throw new AggregateError(failures, failures.map((error) => error.message).join('\n'));
  }
  return collect(all, stop);
}

function advertisedHost({ kafka }: StartServersOptions): string | undefined {
  return typeof kafka === 'object' ? kafka.advertisedHost : undefined;
}

function startProgram(
  name: ServerName,
  options: StartServersOptions,
  context: StartContext,
): Promise<Server> {
  if (name === 'kafka') {
    return startKafka(context, typeof options.kafka === 'object' ? options.kafka : {});
  }
  if (name === 'postgres') return startPostgres(context);
  return startRedis(context, typeof options.redis === 'object' ? options.redis : {});
}

function withDirectory(server: Server, directory: string): Server {
  const stop = server.stop;
  return Object.assign(server, {
    async stop() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  });
}

function collect(all: Server[], stop: () => Promise<void>): Servers {
  const pick = (name: ServerName): Server => {
    const server = all.find((candidate) => candidate.name === name);
    if (!server) throw new Error(`${name} was not asked for`);
    return server;
  };
  return {
    get redis() {
      return pick('redis');
    },
    get kafka() {
      return pick('kafka');
    },
    get postgres() {
      return pick('postgres');
    },
    get redisUrl() {
      return pick('redis').address;
    },
    get kafkaBrokers() {
      return pick('kafka').address;
    },
    get databaseUrl() {
      return pick('postgres').address;
    },
    all,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
