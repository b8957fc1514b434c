import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * A process and everything below it, parents first. Needed because Postgres puts each connection's
 * process into a session of its own, so no signal to a group reaches them all.
 */
export function descendants(pid: number): number[] {
  const children = Map.groupBy(parentsByPid(), ([, parent]) => parent);
  const found = [pid];
  for (const parent of found) {
    for (const [child] of children.get(parent) ?? []) found.push(child);
  }
  return found;
}

export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself; that is what most signals ask for.
    }
  }
}

function parentsByPid(): [pid: number, parent: number][] {
  if (process.platform !== 'linux') {
    const output = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
    return output
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  }
  const pairs: [number, number][] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
      pairs.push([Number(name), Number(parent)]);
    } catch {
      // The process ended while we looked.
    }
  }
  return pairs;
}
