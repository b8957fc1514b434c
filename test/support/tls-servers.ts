/** Servers that let nobody in without TLS and a password: what managed ones are. */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../../scripts/servers/kafka.ts';
import { freePort } from '../../scripts/servers/ports.ts';
import { startPostgres } from '../../scripts/servers/postgres.ts';
import { makeInstallPackages } from '../../scripts/servers/programs.ts';
import { startRedis } from '../../scripts/servers/redis.ts';
import type { Server, ServerName } from '../../scripts/servers/server.ts';
import { makeCertificates, type TestCertificates } from './certificates.ts';
import { randomName } from './messaging.ts';
import { startTcpProxy } from './tcp-proxy.ts';

/** Every character that a generator of passwords may choose: printable ASCII. */
export const EVERY_CHARACTER = String.fromCharCode(...Array.from({ length: 94 }, (_, i) => 33 + i));

export interface TlsServer extends TestCertificates, AsyncDisposable {
  server: Server;
  /** On `localhost`, of a proxy in front of the server. */
  port: number;
  /** Resets every connection, once. */
  cut(): void;
  /** Of the first user: `postgres`, `default` or `gateway`. */
  user: string;
  password: string;
}

const quiet = () => undefined;

export async function startTlsServer(name: ServerName): Promise<TlsServer> {
  await using stack = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), 'gateway-tls-'));
  stack.defer(() => rm(root, { recursive: true, force: true }));
  // Postgres runs as another user when this is root, and must find its way in.
  await chmod(root, 0o755);
  const directory = join(root, name);
  const [certificates, port] = await Promise.all([
    makeCertificates(join(root, 'certificates')),
    freePort(),
    mkdir(directory),
  ]);
  const { tls } = certificates;
  const proxy = stack.use(await startTcpProxy({ port }));
  const context = { directory, port, log: quiet, installPackages: makeInstallPackages(quiet) };
  const start = async () => {
    const password = randomName('password-');
    if (name === 'redis') {
      const server = await startRedis(context, { secure: { tls, password } });
      return { server, user: 'default', password };
    }
    if (name === 'kafka') {
      const server = await startKafka(context, {
        secure: { tls, user: 'gateway', password, advertisedPort: proxy.port },
      });
      return { server, user: 'gateway', password };
    }
    const server = await startPostgres(context, { tls });
    return { server, user: 'postgres', password: new URL(server.address).password };
  };
  const started = await start();
  stack.defer(() => started.server.stop());
  const owner = stack.move();
  return {
    ...certificates,
    ...started,
    port: proxy.port,
    cut: () => proxy.cut(),
    [Symbol.asyncDispose]: () => owner.disposeAsync(),
  };
}
