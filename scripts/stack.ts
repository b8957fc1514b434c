// `npm run stack`: the whole gateway against real servers on this machine. Its data is fresh each time and
// removed at the end; servers given by REDIS_URL, KAFKA_BROKERS or DATABASE_URL are used and left alone.
import { once } from 'node:events';
import { runRole, startRole } from './servers/child-process.ts';
import type { ManagedProcess } from './servers/managed-process.ts';
import { isFree } from './servers/ports.ts';
import {
  createMerchantKey,
  demoEnvironment,
  type RoleEnvironment,
} from './servers/role-environment.ts';
import { type Servers, startServers } from './servers/start-servers.ts';
import { describeStack } from './stack/describe.ts';

const SIM_PORT = 9100;

interface Copy {
  label: string;
  role: string;
  env: RoleEnvironment;
}

/** In the order in which they start; they stop in the reverse. */
const COPIES: readonly Copy[] = [
  { label: 'simulators', role: 'simulators', env: {} },
  { label: 'worker', role: 'worker', env: { OPS_PORT: '9092' } },
  { label: 'api-1', role: 'api', env: { PORT: '8080', OPS_PORT: '9090' } },
  { label: 'api-2', role: 'api', env: { PORT: '8081', OPS_PORT: '9091' } },
];

const log = (line: string) => console.log(`stack: ${line}`);

async function checkPorts(): Promise<void> {
  const ports = COPIES.flatMap(({ env }) => Object.entries(env));
  for (const [variable, port] of [...ports, ['SIM_PORT', String(SIM_PORT)] as const]) {
    if (await isFree(Number(port))) continue;
    throw new Error(`port ${port} (${variable}) is taken; stop what listens there and try again`);
  }
}

/** Runs a role to its end; throws with its output when it fails. */
async function runToEnd(role: string, env: RoleEnvironment, args: string[] = []): Promise<string> {
  const { code, output } = await runRole(role, env, { args });
  if (code !== 0) throw new Error(`${role} ${args.join(' ')} exited with ${code}:\n${output}`);
  return output;
}

async function startStack(stack: AsyncDisposableStack): Promise<ManagedProcess[]> {
  await checkPorts();
  const servers: Servers = await startServers({
    redis: { durable: true },
    kafka: true,
    postgres: true,
    addresses: {
      redis: process.env.REDIS_URL,
      kafka: process.env.KAFKA_BROKERS,
      postgres: process.env.DATABASE_URL,
    },
    log,
  });
  stack.use(servers);
  for (const { name, way, address } of servers.all) log(`${name}: ${way}, ${address}`);
  const publicUrl = 'http://127.0.0.1:8080';
  const env = demoEnvironment({ servers, simPort: SIM_PORT, publicUrl });
  await runToEnd('migrate', env);
  // A name of its own, so that a database given from outside may have had a stack before.
  const merchant = `stack-${Date.now().toString(36)}`;
  const key = await createMerchantKey((...args) => runToEnd('admin', env, args), merchant);
  const roles: ManagedProcess[] = [];
  for (const { label, role, env: own } of COPIES) {
    const onLine = (line: string) => console.log(`${label.padEnd(10)} | ${line}`);
    const managed = await startRole(role, { ...env, ...own }, { onLine });
    stack.defer(async () => {
      await managed.stop();
    });
    roles.push(managed);
  }
  console.log(describeStack({ servers, key, merchant }));
  return roles;
}

/**
 * npm passes on the Ctrl-C that the terminal has sent us already; the two come within milliseconds, and
 * only a later one means "at once".
 */
const SAME_SIGNAL_MS = 1000;

/** Resolves when a person or a supervisor asks us to end. */
async function askedToEnd(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  log('stopping …');
  const askedAt = performance.now();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (performance.now() - askedAt > SAME_SIGNAL_MS) process.exit(130);
    });
  }
}

async function main(): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const asked = askedToEnd();
  const starting = startStack(stack);
  const roles = await Promise.race([starting, asked]);
  if (!roles) {
    // Asked while starting: what is half started is ended by the exit guard.
    starting.catch(() => undefined);
    process.exit(0);
  }
  const ended = roles.map(async (role) => {
    const { code, signal } = await role.exited;
    return `${role.name} ended by itself (${code ?? signal})`;
  });
  const early = await Promise.race([asked, ...ended]);
  if (!early) return 0;
  log(`${early}; its last lines are above`);
  return 1;
}

process.exitCode = await main().catch((error) => {
  console.error(`stack: ${error instanceof Error ? error.message : error}`);
  return 1;
});
