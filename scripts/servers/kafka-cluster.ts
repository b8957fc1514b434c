import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokerServes } from './kafka.ts';
import { findJava, kafkaClassPath } from './kafka-artifacts.ts';
import {
  brokerProcess,
  copiesOfInternalTopics,
  formatStorage,
  makeClusterId,
  propertiesOf,
} from './kafka-broker.ts';
import { startProcess } from './managed-process.ts';
import { freePort } from './ports.ts';
import { makeInstallPackages } from './programs.ts';
import { processServer, type Server } from './server.ts';

export interface KafkaCluster extends AsyncDisposable {
  /** Each may be killed and comes back on its port with its data. */
  readonly brokers: readonly Server[];
  /** Of all of them, as `KAFKA_BROKERS` takes it. */
  readonly address: string;
}

interface Node {
  id: number;
  port: number;
  controllerPort: number;
  directory: string;
}

/**
 * Real brokers that keep copies of each other's topics, on this machine. Each is a controller too, so whoever kills
 * most of them also takes the cluster's majority away.
 */
export async function startKafkaCluster(
  size: number,
  log: (line: string) => void = () => undefined,
): Promise<KafkaCluster> {
  await using starting = new AsyncDisposableStack();
  const installPackages = makeInstallPackages(log);
  const { java } = await findJava(installPackages, log);
  const classPath = await kafkaClassPath(installPackages, log);
  const folder = await mkdtemp(join(tmpdir(), 'gateway-kafka-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const nodes: Node[] = [];
  for (let id = 1; id <= size; id += 1) {
    const directory = join(folder, `broker-${id}`);
    nodes.push({ id, port: await freePort(), controllerPort: await freePort(), directory });
  }
  const clusterId = makeClusterId();

  const startNode = async ({ id, port, controllerPort, directory }: Node): Promise<Server> => {
    const properties = join(directory, 'server.properties');
    await mkdir(join(directory, 'data'), { recursive: true });
    const own = propertiesOf({
      'node.id': id,
      'controller.quorum.voters': votersOf(nodes),
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
      'log.dirs': join(directory, 'data'),
      ...copiesOfInternalTopics(size),
    });
    await writeFile(properties, own);
    await formatStorage(java, classPath, ['-t', clusterId, '-c', properties]);
    const managed = await startProcess({
      ...brokerProcess(java, classPath, properties),
      ready: () => brokerServes(`127.0.0.1:${port}`),
      directory,
    });
    const server = processServer('kafka', `127.0.0.1:${port}`, `broker ${id}`, managed);
    starting.defer(() => server.stop());
    return server;
  };
  // Together: the first one serves only when most are there.
  const brokers = await Promise.all(nodes.map(startNode));
  const running = starting.move();
  return {
    brokers,
    address: brokers.map(({ address }) => address).join(','),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function votersOf(nodes: readonly Node[]): string {
  return nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(',');
}
