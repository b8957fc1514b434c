import { startProcess } from './managed-process.ts';
import { tcpAnswers } from './ports.ts';
import { findProgram } from './programs.ts';
import { processServer, type Server, type StartContext } from './server.ts';

const PROGRAMS = ['redis-server', 'valkey-server'];

export interface RedisOptions {
  /** Append each write to a file and sync it before the answer, as production does. @default false */
  durable?: boolean;
}

/** Redis from this machine, or from Debian's packages. */
export async function startRedis(
  { directory, port, installPackages }: StartContext,
  { durable = false }: RedisOptions = {},
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
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory],
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
    `redis://127.0.0.1:${port}`,
    `${basename(program)} ${way}`,
    managed,
  );
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
