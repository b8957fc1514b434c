import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../../scripts/servers/kafka.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import { makeInstallPackages } from '../../scripts/servers/programs.ts';
import { givenServer, type Server } from '../../scripts/servers/server.ts';
import { startServers } from '../../scripts/servers/start-servers.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

export interface ArenaServers extends AsyncDisposable {
  redis: Server;
  postgres: Server;
  kafka: Server;
  /** Between the workers and the broker, which sends them back to it; null in front of a given one. */
  kafkaProxy: TcpProxy | null;
}

export interface ArenaServersOptions {
  log: (line: string) => void;
  /** A broker that others use too: nothing is done to it. @default one of its own */
  kafkaBrokers?: string | undefined;
}

/** Servers that nobody else uses, so that they may be killed. */
export async function startArenaServers(options: ArenaServersOptions): Promise<ArenaServers> {
  const { log, kafkaBrokers } = options;
  await using stack = new AsyncDisposableStack();
  const [servers, broker] = await Promise.all([
    startServers({ redis: true, postgres: true, log }).then((started) => stack.use(started)),
    kafkaBrokers
      ? { server: givenServer('kafka', kafkaBrokers), proxy: null }
      : startProxiedKafka(log).then((started) => stack.use(started)),
  ]);
  const owner = stack.move();
  return {
    redis: servers.redis,
    postgres: servers.postgres,
    kafka: broker.server,
    kafkaProxy: broker.proxy,
    [Symbol.asyncDispose]: () => owner.disposeAsync(),
  };
}

/** Kafka tells its clients where to go on, so a proxy in front needs a listener of its own behind it. */
async function startProxiedKafka(log: (line: string) => void) {
  await using stack = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'gateway-chaos-'));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const [port, hiddenPort] = await Promise.all([freePort(), freePort()]);
  const proxy = stack.use(await startTcpProxy({ port: hiddenPort }));
  const context = { directory, port, log, installPackages: makeInstallPackages(log) };
  const server = await startKafka(context, {
    proxied: { port: hiddenPort, advertisedPort: proxy.port },
  });
  stack.defer(() => server.stop());
  const owner = stack.move();
  return { server, proxy, [Symbol.asyncDispose]: () => owner.disposeAsync() };
}
