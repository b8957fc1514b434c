/** Processes of a measurement: references, the load generator, and what a process has used. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ManagedProcess, startProcess } from '../scripts/servers/managed-process.ts';
import type { LoadResult, LoadSpec } from './load/load-spec.ts';

/** More than the generator itself gives the last answers. */
const LAST_ANSWERS_MS = 70_000;

/** Starts a file of `bench/references`, and waits until it answers. */
export async function startReference(
  file: string,
  env: Readonly<Record<string, string>>,
): Promise<ManagedProcess> {
  return startProcess({
    name: file,
    command: process.execPath,
    args: [join(import.meta.dirname, 'references', file)],
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    async ready() {
      const { status } = await fetch(`http://127.0.0.1:${env.PORT}/healthz`);
      if (status !== 200) throw new Error(`it answered ${status}`);
    },
  });
}

/** Runs the load generator as a process of its own, to its end. */
export async function runLoad(spec: LoadSpec): Promise<LoadResult> {
  const generator = await startProcess({
    name: 'load generator',
    command: process.execPath,
    args: [join(import.meta.dirname, 'load', 'generator.ts'), JSON.stringify(spec)],
    env: { PATH: process.env.PATH },
  });
  const limitMs = spec.warmupMs + spec.measureMs + LAST_ANSWERS_MS;
  const limit = setTimeout(() => void generator.kill(), limitMs);
  const { code } = await generator.exited;
  clearTimeout(limit);
  const output = generator.output();
  if (code !== 0) throw new Error(`the load generator ended with ${code}:\n${output}`);
  return JSON.parse(output.split('\n').at(-1) ?? '');
}

const CLOCK_TICKS_PER_SECOND = 100;

/** CPU time that a process has used so far, all its threads, in ms; null where there is no /proc. */
export function cpuMs(pid: number): number | null {
  const stat = readProc(pid, 'stat');
  if (stat === null) return null;
  // After the name, which may hold anything, come the state and then numbers.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return (ticks / CLOCK_TICKS_PER_SECOND) * 1_000;
}

/** Resident memory in MB; null where there is no /proc. */
export function residentMb(pid: number): number | null {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readProc(pid, 'status') ?? '')?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) / 1_024;
}

function readProc(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return null;
  }
}
