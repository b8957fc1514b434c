/**
 * The names of Cloud Map, as the resolver of a VPC would answer them, from what the emulator knows. A small
 * server on the containers' network.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode, type Question } from 'dns-packet';
import type { Clients } from './clients.ts';

const NAME_NOT_FOUND = 3;
/** For how long a caller may keep an answer of the stack's records: what is older may be of an earlier stack. */
const KEPT_MS = 10_000;
const FRESH_MS = 1_000;
const AUTHORITATIVE = 1 << 10;

export async function startNameServer(
  host: string,
  { discovery }: Clients,
  log: (line: string) => void,
): Promise<AsyncDisposable> {
  const known = new Map<string, { addresses: string[] | undefined; askedAt: number }>();

  async function ask(name: string): Promise<string[] | undefined> {
    const [ServiceName, ...rest] = name.split('.');
    const query = { NamespaceName: rest.join('.'), ServiceName };
    const found = query.NamespaceName
      ? await discovery.discoverInstances(query).catch(() => undefined)
      : undefined;
    const addresses = found?.Instances?.flatMap((each) => each.Attributes?.AWS_INSTANCE_IPV4 ?? []);
    known.set(name, { addresses, askedAt: performance.now() });
    return addresses;
  }

  /** Undefined: there is no such name. What is known is answered at once, and looked up again meanwhile. */
  async function addressesOf(name: string): Promise<string[] | undefined> {
    const last = known.get(name);
    const ageMs = performance.now() - (last?.askedAt ?? 0);
    if (!last?.addresses?.length || ageMs > KEPT_MS) return ask(name);
    if (ageMs > FRESH_MS) void ask(name);
    return last.addresses;
  }

  async function answer(id: number, question: Question): Promise<Buffer> {
    const { name, type } = question;
    const found = await addressesOf(name);
    const addresses = type === 'A' ? (found ?? []) : [];
    return encode({
      type: 'response',
      id,
      flags: AUTHORITATIVE | (found ? 0 : NAME_NOT_FOUND),
      questions: [question],
      answers: addresses.map((data) => ({ name, type: 'A', ttl: 1, data })),
    });
  }

  const socket = createSocket('udp4');
  socket.on('message', (message: Buffer, { address, port }: RemoteInfo) => {
    const { id = 0, questions: [question] = [] } = decode(message);
    if (!question) return;
    answer(id, question).then(
      (packet) => socket.send(packet, port, address),
      (error) => log(`${question.name} could not be answered: ${error.message}`),
    );
  });
  socket.bind(53, host);
  await once(socket, 'listening');
  return {
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
