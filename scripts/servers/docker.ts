import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { guard } from './exit-guard.ts';
import { repositoryRoot } from './paths.ts';
import { processIdentity } from './process-records.ts';
import { findProgram, run } from './programs.ts';
import type { Server, ServerName } from './server.ts';

/** A stopped engine may not answer at all. */
const ENGINE_LIMIT_MS = 5000;
/** Images of a few hundred MB, pulled once. */
const UP_LIMIT_MS = 10 * 60_000;
const PROJECT_PREFIX = 'gateway-run';
const COMPOSE_FILE = ['compose', '--file', join(repositoryRoot, 'compose.yaml')];

export const DEFAULT_PASSWORD = 'gateway';

/** True when `docker compose` exists and an engine answers. */
export async function dockerAnswers(): Promise<boolean> {
  if (!findProgram('docker')) return false;
  const options = { timeoutMs: ENGINE_LIMIT_MS };
  try {
    await run('docker', ['compose', 'version'], options);
    await run('docker', ['info', '--format', '{{.ServerVersion}}'], options);
    return true;
  } catch {
    return false;
  }
}

/** One server of compose.yaml, in a compose project of its own on a port of its own. */
export async function startInDocker(
  name: ServerName,
  port: number,
  kafkaHost = '127.0.0.1',
): Promise<Server> {
  const identity = processIdentity(process.pid) ?? '0';
  const project = `${PROJECT_PREFIX}-${process.pid}-${digits(identity)}-${name}`;
  const env = {
    ...process.env,
    [`${name.toUpperCase()}_PORT`]: String(port),
    KAFKA_ADVERTISED_HOST: kafkaHost,
  };
  const args = [...COMPOSE_FILE, '--project-name', project];
  const compose = async (...command: string[]) => {
    await run('docker', [...args, ...command], { env, timeoutMs: UP_LIMIT_MS });
  };
  const down = ['down', '--volumes', '--timeout', '1'];
  const lift = guard(() => spawnSync('docker', [...args, ...down], { env, stdio: 'ignore' }));
  const stop = async () => {
    await compose(...down);
    lift();
  };
  try {
    await compose('up', '--detach', '--wait', '--no-deps', name);
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  return {
    name,
    address: addressOf(name, port),
    way: 'Docker (compose.yaml)',
    controllable: true,
    pid: undefined,
    pause: () => compose('pause', name),
    resume: () => compose('unpause', name),
    kill: () => compose('kill', '--signal', 'SIGKILL', name),
    async restart() {
      await compose('stop', '--timeout', '10', name);
      await compose('up', '--detach', '--wait', '--no-deps', name);
    },
    stop,
  };
}

/** Takes down what an owner left that was killed: its pid and start time are in the project's name. */
export async function endDockerOrphans(log: (line: string) => void): Promise<void> {
  const { stdout } = await run('docker', ['compose', 'ls', '--all', '--format', 'json']);
  const projects: { Name: string }[] = JSON.parse(stdout);
  for (const { Name: project } of projects) {
    const match = new RegExp(`^${PROJECT_PREFIX}-(\\d+)-(\\d+)-`).exec(project);
    if (!match || digits(processIdentity(Number(match[1])) ?? '0') === match[2]) continue;
    log(`ending the containers of ${project}, left by an earlier run that was killed`);
    await run('docker', ['compose', '--project-name', project, 'down', '--volumes']);
  }
}

/** A project's name takes no spaces or colons, which a start time may have. */
function digits(identity: string): string {
  return identity.replace(/\D/g, '');
}

function addressOf(name: ServerName, port: number): string {
  if (name === 'redis') return `redis://127.0.0.1:${port}`;
  if (name === 'kafka') return `127.0.0.1:${port}`;
  return `postgres://gateway:${DEFAULT_PASSWORD}@127.0.0.1:${port}/gateway`;
}
