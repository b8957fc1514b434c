import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Admin } from '@platformatic/kafka';
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
import { processServer, type Server, type ServerTls, type StartContext } from './server.ts';

export interface KafkaOptions {
  /** Where clients are sent after their first word, when 127.0.0.1 is not theirs. It must lead here. */
  advertisedHost?: string;
  /** A second way in, by a proxy on the second port, which clients that came by it stay on. */
  proxied?: { port: number; advertisedPort: number };
  /** TLS and SCRAM-SHA-512 alone, with this first user. @default neither */
  secure?: {
    tls: ServerTls;
    user: string;
    password: string;
    /** Where clients are sent, on `localhost`: the port of a proxy in front. */
    advertisedPort: number;
  };
}

/** A real broker, alone, from Maven's artifacts. */
export async function startKafka(
  context: StartContext,
  { secure, advertisedHost, proxied }: KafkaOptions = {},
): Promise<Server> {
  const { directory, port, installPackages, log } = context;
  const { java, origin } = await findJava(installPackages, log);
  const classPath = await kafkaClassPath(installPackages, log);
  const properties = join(directory, 'server.properties');
  await mkdir(join(directory, 'data'), { recursive: true });
  const plainPort = secure ? await freePort() : port;
  const listeners = secure
    ? secureListeners(port, plainPort, secure)
    : plainListeners(port, advertisedHost, proxied);
  const controllerPort = await freePort();
  const own = propertiesOf({
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners: `${listeners.own},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': listeners.advertised,
    ...listeners.more,
    'log.dirs': join(directory, 'data'),
    ...copiesOfInternalTopics(1),
  });
  await writeFile(properties, own);
  const format = ['--standalone', '-t', makeClusterId(), '-c', properties];
  if (secure) {
    const { user, password } = secure;
    format.push('--add-scram', `SCRAM-SHA-512=[name=${user},password=${password}]`);
  }
  await formatStorage(java, classPath, format);
  const address = secure ? `localhost:${secure.advertisedPort}` : `127.0.0.1:${port}`;
  const managed = await startProcess({
    ...brokerProcess(java, classPath, properties),
    ready: () => brokerServes(`127.0.0.1:${plainPort}`),
    directory,
  });
  return processServer('kafka', address, `Kafka 4.1.0 from Maven, on ${origin}`, managed);
}

/** True once the broker is registered and unfenced, which is later than its port's opening. */
export async function brokerServes(brokers: string): Promise<void> {
  const admin = new Admin({
    clientId: 'gateway-servers',
    bootstrapBrokers: brokers.split(','),
    retries: false,
    connectTimeout: 1000,
    timeout: 2000,
  });
  // An 'error' without a listener would end the process.
  admin.on('error', () => undefined);
  try {
    const { brokers: known } = await admin.metadata({});
    if (known.size === 0) throw new Error('no broker is registered yet');
  } finally {
    await admin.close().catch(() => undefined);
  }
}

interface Listeners {
  /** As `listeners` and as `advertised.listeners` have them, without the controller's. */
  own: string;
  advertised: string;
  more: Record<string, string>;
}

function plainListeners(
  port: number,
  advertisedHost = '127.0.0.1',
  proxied?: KafkaOptions['proxied'],
): Listeners {
  const own = `PLAINTEXT://127.0.0.1:${port}`;
  const advertised = `PLAINTEXT://${advertisedHost}:${port}`;
  if (!proxied) return { own, advertised, more: {} };
  const protocols = 'PROXIED:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT';
  return {
    own: `${own},PROXIED://127.0.0.1:${proxied.port}`,
    advertised: `${advertised},PROXIED://127.0.0.1:${proxied.advertisedPort}`,
    more: { 'listener.security.protocol.map': protocols },
  };
}

/** The broker talks to itself on a port of its own, which no client is told. */
function secureListeners(
  port: number,
  plainPort: number,
  { tls, advertisedPort }: NonNullable<KafkaOptions['secure']>,
): Listeners {
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const plain = `PLAINTEXT://127.0.0.1:${plainPort}`;
  return {
    own: `CLIENT://127.0.0.1:${port},${plain}`,
    advertised: `CLIENT://localhost:${advertisedPort},${plain}`,
    more: {
      'listener.security.protocol.map': 'CLIENT:SASL_SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'listener.name.client.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.client.scram-sha-512.sasl.jaas.config': module,
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': tls.keystore,
    },
  };
}
