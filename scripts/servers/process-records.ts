import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryRoot } from './paths.ts';

/**
 * A note on disk about each process that we started. A SIGKILL of the owner leaves its children
 * running; the next start finds the notes and ends exactly those.
 */
interface ProcessRecord {
  name: string;
  pid: number;
  /** When the system started that pid: a pid alone may belong to somebody else by now. */
  identity: string;
  ownerPid: number;
  ownerIdentity: string;
  /** A directory that goes with the process. */
  directory?: string | undefined;
}

const folder = join(repositoryRoot, '.cache', 'processes');

/** Start time of a living process in the system's own words; undefined when there is none. */
export function processIdentity(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // After the name in parentheses, which may hold anything: the state is field 3, the start time 22.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    const output = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return output.trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Returns a function that forgets the process again. */
export function recordProcess(name: string, pid: number, directory?: string): () => void {
  const record: ProcessRecord = {
    name,
    pid,
    identity: processIdentity(pid) ?? 'gone',
    ownerPid: process.pid,
    ownerIdentity: processIdentity(process.pid) ?? 'gone',
    directory,
  };
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${pid}.json`);
  writeFileSync(file, JSON.stringify(record));
  return () => rmSync(file, { force: true });
}

/** Ends what a killed owner left running, and removes its directories. */
export function endOrphans(log: (line: string) => void): void {
  for (const record of readRecords()) {
    if (processIdentity(record.ownerPid) === record.ownerIdentity) continue;
    if (processIdentity(record.pid) === record.identity) {
      log(`ending ${record.name} (pid ${record.pid}), left by an earlier run that was killed`);
      try {
        process.kill(record.pid, 'SIGKILL');
      } catch {
        // It ended between the look and the signal.
      }
    }
    if (record.directory) removeWithParent(record.directory);
    rmSync(join(folder, `${record.pid}.json`), { force: true });
  }
}

/** The servers of one run share a parent; the last one takes it along. */
function removeWithParent(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  try {
    rmdirSync(dirname(directory));
  } catch {
    // Another server's directory is still in it.
  }
}

function readRecords(): ProcessRecord[] {
  const records: ProcessRecord[] = [];
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    try {
      records.push(JSON.parse(readFileSync(join(folder, name), 'utf8')));
    } catch {
      // Half written or just removed by its owner, who is then alive.
    }
  }
  return records;
}
