import { startProcess } from './managed-process.ts';
import { tcpAnswers } from './ports.ts';
import { findProgram } from './programs.ts';
import { processServer, type Server, type ServerTls, type StartContext } from './server.ts';

const PROGRAMS = ['redis-server', 'valkey-server'];

export interface RedisOptions {
  /** Append each write to a file and sync it before the answer, as production does. @default false */
  durable?: boolean;
  /** TLS alone, and this password for everybody. @default neither */
  secure?: { tls: ServerTls; password: string };
}

/** Redis from this machine, or from Debian's packages. */
export async function startRedis(
  { directory, port, installPackages }: StartContext,
  { durable = false, secure }: RedisOptions = {},
): Promise<Server> {
  let way = 'of this machine';
  let program = PROGRAMS.map(findProgram).find(Boolean);
  if (!program && (await installPackages('redis-server'))) {
    way = "from Debian's packages";
    program = PROGRAMS.map(findProgram).find(Boolean);
  }
  if (!program) {
    throw new Error(
      'Redis is missing: install it (redis-server on Debian, redis with Homebrew), start a Docker ' +
        'engine, or give the address of one',
    );
  }
  const managed = await startProcess({
    name: 'redis',
    command: program,
    args: [
      ...['--bind', '127.0.0.1', '--dir', directory],
      ...(secure ? secureArguments(port, secure) : ['--port', String(port)]),
      ...['--save', '', '--appendonly', durable ? 'yes' : 'no', '--appendfsync', 'always'],
      // A full Redis must refuse writes; evicting an idempotency key would be silent.
      ...['--maxmemory', '256mb', '--maxmemory-policy', 'noeviction'],
    ],
    env: { PATH: process.env.PATH, LANG: 'C' },
    ready: () => tcpAnswers('127.0.0.1', port),
    readyTimeoutMs: 10_000,
    directory,
  });
  return processServer(
    'redis',
    secure ? `rediss://localhost:${port}` : `redis://127.0.0.1:${port}`,
    `${basename(program)} ${way}`,
    managed,
  );
}

function secureArguments(
  port: number,
  { tls, password }: NonNullable<RedisOptions['secure']>,
): string[] {
  return [
    ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
    ...['--tls-cert-file', tls.certificate, '--tls-key-file', tls.key],
    ...['--requirepass', password],
  ];
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
