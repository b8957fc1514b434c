import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a server that was left behind may take to end its sessions and write everything. */
const STOP_LIMIT_MS = 20_000;

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** True when the process still is what the record says, and not another that got its number. */
function isPostgresOf(pid: number, data: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(data);
  } catch {
    // No /proc on this system: the lock file in the data folder is all there is to go by.
    return process.platform !== 'linux' && isAlive(pid);
  }
}

async function readPid(path: string): Promise<number | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

/**
 * Makes this process the owner of a data folder. A server that a killed owner left behind is stopped
 * first; a folder whose owner lives is refused.
 */
export async function takeOwnership(directory: string, data: string): Promise<void> {
  const ownerFile = join(directory, 'owner.pid');
  const owner = await readPid(ownerFile);
  const server = await readPid(join(data, 'postmaster.pid'));
  if (server !== undefined && isPostgresOf(server, data)) {
    if (owner !== undefined && owner !== process.pid && isAlive(owner)) {
      throw new Error(`process ${owner} uses the data folder ${directory}: stop it first`);
    }
    process.kill(server, 'SIGINT');
    const endsAt = performance.now() + STOP_LIMIT_MS;
    while (isPostgresOf(server, data)) {
      if (performance.now() > endsAt) throw new Error(`process ${server} does not stop: end it`);
      await sleep(50);
    }
  }
  await writeFile(ownerFile, String(process.pid));
}

export async function giveUpOwnership(directory: string): Promise<void> {
  await rm(join(directory, 'owner.pid'), { force: true });
}
