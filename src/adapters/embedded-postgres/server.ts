import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { findPostgres, type PostgresBinaries } from './binaries.ts';
import { giveUpOwnership, takeOwnership } from './orphan.ts';

export interface EmbeddedPostgres {
  url: string;
  close(): Promise<void>;
}

const INIT_LIMIT_MS = 60_000;
const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 20_000;
/** Sentences of the server kept for an error message. */
const LOG_TAIL = 4_000;

/**
 * A real Postgres on a folder of its own, for `dev`: what the code above it talks to is the same everywhere. The
 * address, with its password, stands in the folder while the server runs.
 */
export async function startEmbeddedPostgres(directory: string): Promise<EmbeddedPostgres> {
  const home = resolve(directory);
  const data = join(home, 'data');
  await mkdir(home, { recursive: true });
  const binaries = await findPostgres(home);
  await takeOwnership(home, data);
  const passwordFile = join(home, 'password');
  if (!(await exists(data))) await initialise(binaries, home, data, passwordFile);
  const password = (await readFile(passwordFile, 'utf8').catch(() => '')).trim();
  if (!password) throw corrupt(home, 'its password file is gone');

  const port = await freePort();
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const args = ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1'];
  // TCP alone: a socket's path may be too long, and nothing of ours uses one.
  args.push('-c', 'unix_socket_directories=', '-c', 'max_connections=100');
  const child = spawn(binaries.postgres, args, {
    ...binaries.user,
    env: { PATH: process.env.PATH, LC_MESSAGES: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
    // A process group of its own: Ctrl-C at the terminal is ours to handle, in order.
    detached: true,
  });
  const said = collect(child);
  try {
    await waitUntilReady(child, url);
  } catch (error) {
    child.kill('SIGINT');
    throw corrupt(home, lastSentence(said()) || (error as Error).message);
  }
  await writeFile(join(home, 'url'), url, { mode: 0o600 });
  return {
    url,
    async close() {
      await rm(join(home, 'url'), { force: true });
      await stop(child);
      await giveUpOwnership(home);
    },
  };
}

/** The address of the server that runs on this folder now, if one does. */
export async function runningAddress(directory: string): Promise<string | undefined> {
  return (await readFile(join(directory, 'url'), 'utf8').catch(() => '')) || undefined;
}

/** Made beside its place and then moved there, so that half a folder is never taken for a whole one. */
async function initialise(
  { initdb, user }: PostgresBinaries,
  home: string,
  data: string,
  passwordFile: string,
): Promise<void> {
  const fresh = `${data}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh);
  await writeFile(passwordFile, randomBytes(16).toString('hex'), { mode: 0o600 });
  if (user.uid !== undefined && user.gid !== undefined) {
    for (const path of [home, fresh, passwordFile]) await chown(path, user.uid, user.gid);
  }
  await chmod(fresh, 0o700);
  const options = ['--pgdata', fresh, '--username', 'postgres', '--pwfile', passwordFile];
  options.push('--auth', 'scram-sha-256', '--encoding', 'UTF8');
  // Postgres's own locale, so that the order of text does not depend on the machine.
  options.push('--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8');
  const child = spawn(initdb, options, {
    ...user,
    env: { PATH: process.env.PATH, LC_MESSAGES: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: AbortSignal.timeout(INIT_LIMIT_MS),
  });
  const said = collect(child);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`initdb failed: ${lastSentence(said())}`);
  await rename(fresh, data);
}

async function waitUntilReady(child: ChildProcess, url: string): Promise<void> {
  const endsAt = performance.now() + START_LIMIT_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended at once');
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (error) {
      if (performance.now() > endsAt) throw error;
    } finally {
      await client.end().catch(() => undefined);
    }
    await sleep(30);
  }
}

/** "Fast": end the sessions, write everything, go. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(killer);
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk).slice(-LOG_TAIL);
  });
  return () => text;
}

function lastSentence(text: string): string {
  const lines = text.trim().split('\n');
  return (
    lines.findLast((line) => /FATAL|PANIC|ERROR|error/.test(line)) ??
    lines.at(-1) ??
    ''
  ).trim();
}

function corrupt(home: string, why: string): Error {
  return new Error(
    `the data folder ${home} cannot be used: ${why}. ` +
      'Move the folder away, or delete it, to start with an empty one.',
  );
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolved) => server.close(resolved));
  return port;
}
