import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { startBalancer } from '../../chaos/balancer.ts';
import { eventually } from '../../support/eventually.ts';

/** A copy that answers its name, or what it is told to. */
async function startCopy(name: string) {
  let answer: RequestListener = (_request, response) => response.end(name);
  let health = 200;
  const server = createServer((request, response) => {
    if (request.url !== '/healthz') return answer(request, response);
    response.writeHead(health).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answerWith(listener: RequestListener) {
      answer = listener;
    },
    turn(status: number) {
      health = status;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const ask = async (url: string, body?: string) => {
  const answer = await fetch(`${url}/x`, body === undefined ? {} : { method: 'POST', body });
  return { status: answer.status, text: await answer.text() };
};

test('copies get requests in turn, and bodies arrive', async () => {
  await using one = await startCopy('one');
  await using two = await startCopy('two');
  await using balancer = await startBalancer([one.url, two.url]);
  const heard = new Set([(await ask(balancer.url)).text, (await ask(balancer.url)).text]);
  assert.deepEqual([...heard].sort(), ['one', 'two']);
  for (const copy of [one, two]) {
    copy.answerWith((request, response) => void request.pipe(response));
  }
  assert.deepEqual(await ask(balancer.url, 'paid'), { status: 200, text: 'paid' });
  assert.deepEqual(balancer.figures(), { 'handed on': 3 });
});

test('a copy that is unwell, or deregistered, gets nothing new until it is well and registered', async () => {
  await using one = await startCopy('one');
  await using two = await startCopy('two');
  await using balancer = await startBalancer([one.url, two.url]);
  const heard = async () =>
    new Set([await ask(balancer.url), await ask(balancer.url)].map((a) => a.text));
  one.turn(503);
  await eventually(async () => assert.deepEqual([...(await heard())], ['two']));
  one.turn(200);
  await balancer.inService(one.url);
  await balancer.deregister(two.url);
  assert.deepEqual([...(await heard())], ['one']);
  await balancer.deregister(one.url);
  const { status, text } = await ask(balancer.url);
  assert.deepEqual([status, JSON.parse(text).code], [503, 'balancer-has-no-copy']);
  balancer.register(two.url);
  await balancer.inService(two.url);
  assert.deepEqual([...(await heard())], ['two']);
});

test('deregistration waits for what is under way', async () => {
  await using copy = await startCopy('one');
  await using balancer = await startBalancer([copy.url]);
  const arrived = Promise.withResolvers<() => void>();
  copy.answerWith((_request, response) => arrived.resolve(() => response.end('late')));
  const asked = ask(balancer.url);
  const finish = await arrived.promise;
  const order: string[] = [];
  const gone = balancer.deregister(copy.url).then(() => order.push('deregistered'));
  const answered = asked.then(({ text }) => order.push(text));
  finish();
  await Promise.all([gone, answered]);
  assert.equal(order.length, 2);
  assert.ok(order.includes('late'));
});

test('a connection that a copy resets is told to the client and counted', async () => {
  await using copy = await startCopy('one');
  await using balancer = await startBalancer([copy.url]);
  copy.answerWith((request) => void request.socket.resetAndDestroy());
  const { status, text } = await ask(balancer.url);
  assert.deepEqual([status, JSON.parse(text).code], [502, 'balancer-got-no-answer']);
  assert.deepEqual(balancer.figures(), { 'handed on': 1, 'copy gave no answer: reset': 1 });
});
