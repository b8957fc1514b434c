import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { it, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';

/** A server that keeps what it hears and echoes it, and a client behind a proxy. */
async function startRig(t: TestContext) {
  const heard: string[] = [];
  const peers: Socket[] = [];
  const server = createServer((socket) => {
    peers.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard.push(chunk.toString());
      socket.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const proxy = await startTcpProxy({ port });
  const said: string[] = [];
  const client = connect(proxy.port, '127.0.0.1');
  client.on('error', () => undefined);
  client.on('data', (chunk) => said.push(chunk.toString()));
  await once(client, 'connect');
  client.write('hello ');
  const all = (texts: string[]) => texts.join('');
  await eventually(() => assert.equal(all(said), 'hello '));
  t.after(async () => {
    client.destroy();
    await proxy[Symbol.asyncDispose]();
    server.close();
  });
  return { proxy, client, peers, heard: () => all(heard), said: () => all(said) };
}

/** Whether or not an error comes first. */
const closeOf = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

it('a proxy loses requests and lets answers through, and then resets the torn connection', async (t) => {
  const { proxy, client, peers, heard, said } = await startRig(t);
  await proxy.set('drop-requests');
  client.write('lost');
  peers[0]?.write('answer');
  await eventually(() => assert.equal(said(), 'hello answer'));
  assert.equal(heard(), 'hello ');
  const closed = closeOf(client);
  await proxy.set('pass');
  await closed;
  assert.equal(proxy.traffic().harmed, 1);
});

it('a half-open connection is gone for the server, and stays for the client until it heals', async (t) => {
  const { proxy, client, peers, heard } = await startRig(t);
  const gone = closeOf(peers[0] as Socket);
  await proxy.set('half-open');
  await gone;
  client.write('into the void');
  const late = connect(proxy.port, '127.0.0.1');
  late.on('error', () => undefined);
  await once(late, 'connect');
  assert.equal(client.closed, false);
  assert.equal(heard(), 'hello ');
  const closed = Promise.all([closeOf(client), closeOf(late)]);
  await proxy.set('pass');
  await closed;
});

it('latency with jitter and a narrow line keep the order of bytes', async (t) => {
  const { proxy, client, heard, said } = await startRig(t);
  proxy.delay(5, 20);
  proxy.bandwidth(50_000);
  const words = Array.from({ length: 50 }, (_, i) => `${i} `);
  for (const word of words) {
    client.write(word);
    await new Promise(setImmediate);
  }
  proxy.delay(0);
  proxy.bandwidth(0);
  client.write('end');
  const all = `hello ${words.join('')}end`;
  await eventually(() => assert.equal(said(), all));
  assert.equal(heard(), all);
});
