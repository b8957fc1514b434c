// `npm run image:check`: builds the Dockerfile and shows that the image works as production runs it, read-only
// and without privileges: its contents, every role against real servers, a payment, and an orderly end.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Container, type Containers, makeContainers } from './image/containers.ts';
import { INSPECTION } from './image/contents.ts';
import { type Engine, findEngine } from './image/engine.ts';
import { freePort } from './servers/ports.ts';
import {
  createMerchantKey,
  productionEnvironment,
  type RoleEnvironment,
} from './servers/role-environment.ts';
import { startServers } from './servers/start-servers.ts';

const IMAGE = 'localhost/payment-gateway-aggregator:check';
/** DRAIN_MS is 30 s by default; the platform kills after 60. */
const DRAIN_LIMIT_MS = 35_000;
const SETTLE_LIMIT_MS = 60_000;

const log = (line: string) => console.log(`image: ${line}`);

interface Ports {
  api: number;
  apiOps: number;
  workerOps: number;
  simulators: number;
}

async function checkContents(engine: Engine, containers: Containers): Promise<void> {
  const found = await containers.runToEnd(['--eval', INSPECTION], {}, 'node');
  if (found !== '') throw new Error(`the image does not keep its promises:\n${found}`);
  const inspected = await engine.client(['image', 'inspect', IMAGE]);
  const [{ Config: config, Healthcheck, Size }] = JSON.parse(inspected.stdout);
  const expected = { User: '1000:1000', Entrypoint: ['node', 'src/main.ts'], Cmd: ['api'] };
  for (const [key, value] of Object.entries(expected)) {
    if (JSON.stringify(config[key]) !== JSON.stringify(value)) {
      throw new Error(`${key} of the image is ${JSON.stringify(config[key])}`);
    }
  }
  // Docker and podman keep it in different places.
  if (!(config.Healthcheck ?? Healthcheck)) throw new Error('the image has no HEALTHCHECK');
  log(`contents are in order; ${Math.round(Size / 1e6)} MB`);
}

async function startRoles(
  containers: Containers,
  env: RoleEnvironment,
  ports: Ports,
): Promise<Container[]> {
  const at = (port: number, path: string) => `http://127.0.0.1:${port}${path}`;
  const api = { ...env, PORT: String(ports.api), OPS_PORT: String(ports.apiOps) };
  const worker = { ...env, OPS_PORT: String(ports.workerOps) };
  const started = [
    await containers.start('simulators', env, at(ports.simulators, '/control/charges')),
    await containers.start('worker', worker, at(ports.workerOps, '/readyz')),
    await containers.start('api', api, at(ports.api, '/healthz')),
  ];
  for (const container of started) {
    const code = await container.exec('node', 'healthcheck.mjs');
    if (code !== 0) throw new Error(`the health check of ${container.role} exited with ${code}`);
  }
  log('simulators, worker and api run and are healthy');
  return started;
}

/** A payment by HTTP, followed until the worker has settled it. */
async function pay(apiUrl: string, key: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const answer = await fetch(`${apiUrl}/v1/pay`, {
    method: 'POST',
    headers: { ...headers, 'idempotency-key': 'image-check-1' },
    body: JSON.stringify({
      amount: '20.00',
      currency: 'ZMW',
      payer: { msisdn: '+260971234567' },
    }),
  });
  let payment = (await answer.json()) as { id: string; status: string };
  if (answer.status !== 202) throw new Error(`pay: ${answer.status} ${JSON.stringify(payment)}`);
  const endsAt = performance.now() + SETTLE_LIMIT_MS;
  while (payment.status !== 'SUCCEEDED') {
    if (performance.now() > endsAt) throw new Error(`the payment stayed ${payment.status}`);
    await sleep(250);
    const now = await fetch(`${apiUrl}/v1/payments/${payment.id}`, { headers });
    payment = (await now.json()) as typeof payment;
  }
  log(`payment ${payment.id} SUCCEEDED`);
}

async function main(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const engine = await findEngine(log);
  log(`engine: ${engine.name}`);
  await engine.build(IMAGE);
  const servers = stack.use(await startServers({ redis: true, kafka: true, postgres: true, log }));
  const containers = stack.use(makeContainers(engine, IMAGE));
  await checkContents(engine, containers);

  const ports: Ports = {
    api: await freePort(),
    apiOps: await freePort(),
    workerOps: await freePort(),
    simulators: await freePort(),
  };
  const apiUrl = `http://127.0.0.1:${ports.api}`;
  const env = productionEnvironment({ servers, simPort: ports.simulators, publicUrl: apiUrl });
  await containers.runToEnd(['migrate'], env);
  log('migrate ended well');
  const admin = (...words: string[]) => containers.runToEnd(['admin', ...words], env);
  const key = await createMerchantKey(admin, 'image-check');
  const started = await startRoles(containers, env, ports);
  await pay(apiUrl, key);
  for (const container of started.reverse()) {
    const { tookMs } = await container.terminate(DRAIN_LIMIT_MS);
    log(`${container.role} exited with 0, ${Math.round(tookMs)} ms after SIGTERM`);
  }
  log('all is in order');
}

await main().catch((error) => {
  console.error(`image: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
});
