import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Servers } from '../scripts/servers/start-servers.ts';

export interface MachineFacts {
  cores: number;
  cpu: string;
  memoryGb: number;
  system: string;
  node: string;
  servers: Record<string, string>;
  postgresSettings: Record<string, string>;
  /** What others took of the processors before anything of ours ran, in percent. */
  busyBeforePercent: number;
}

const DURABILITY = ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method'];
const LOOK_MS = 2_000;

export async function describeMachine(servers: Servers): Promise<MachineFacts> {
  const processors = cpus();
  return {
    cores: processors.length,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    servers: Object.fromEntries(servers.all.map(({ name, way }) => [name, way])),
    postgresSettings: await readSettings(servers.databaseUrl),
    busyBeforePercent: await busyPercent(LOOK_MS),
  };
}

/** Share of the processors that was in use, for telling a quiet machine from a busy one. */
export async function busyPercent(ms: number): Promise<number> {
  const read = () => {
    const times = cpus().map(({ times }) => times);
    const idle = times.reduce((sum, { idle }) => sum + idle, 0);
    const all = times.reduce((sum, one) => sum + Object.values(one).reduce((a, b) => a + b), 0);
    return { idle, all };
  };
  const before = read();
  await sleep(ms);
  const after = read();
  return Math.round(100 * (1 - (after.idle - before.idle) / (after.all - before.all)));
}

export function printMachine(facts: MachineFacts): void {
  const { cores, cpu, memoryGb, system, node, servers, postgresSettings } = facts;
  console.log(`machine   ${cores} cores (${cpu}), ${memoryGb} GB, ${system}`);
  console.log(`software  Node ${node}; ${Object.values(servers).join('; ')}`);
  const settings = Object.entries(postgresSettings).map(([name, value]) => `${name} ${value}`);
  console.log(`postgres  ${settings.join(', ')}`);
  const load = loadavg()[0]?.toFixed(1);
  console.log(`before    ${facts.busyBeforePercent} % of the processors busy, load ${load}`);
  if (facts.busyBeforePercent > 15) {
    console.log('          Something else runs here: absolute figures are too low.');
  }
}

async function readSettings(databaseUrl: string): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const settings: Record<string, string> = {};
  const { rows } = await client.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings where name = any($1) or name = 'server_version'`,
    [DURABILITY],
  );
  for (const { name, setting } of rows) settings[name] = setting;
  await client.end();
  return settings;
}
