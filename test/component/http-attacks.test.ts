/** What an attacker of one address can do to the others: nothing that they would notice. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type Rig, startRig } from '../support/gateway-rig.ts';

/** Few places; and a busy test machine is not what this is about. */
const SMALL = {
  MAX_IN_FLIGHT: '500',
  BULKHEAD_CONCURRENT: '64',
  MAX_EVENT_LOOP_DELAY_MS: '10000',
};

describe('one attacker', () => {
  let rig: Rig;
  before(async () => {
    rig = await startRig({
      worker: false,
      env: SMALL,
    });
  });
  after(async () => {
    await rig[Symbol.asyncDispose]();
  });

  const openSocket = async (text: string) => {
    const { port } = new URL(rig.url());
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    // Nothing of the answers is ever read.
    socket.pause();
    socket.write(text);
    return socket;
  };

  it('who pipelines thousands of requests and reads no answer takes no place from others', async () => {
    const request = 'GET /v1/payments HTTP/1.1\r\nHost: a\r\n\r\n';
    const socket = await openSocket(request.repeat(8_000));
    await eventually(() => assert.ok(socket.destroyed || socket.readableLength === 0));
    for (let i = 0; i < 5; i += 1) assert.equal((await rig.pay()).status, 202);
    socket.destroy();
  });

  it('with a valid key who never sends the bodies takes no place from others', async () => {
    const head =
      `POST /v1/pay HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${rig.apiKey}\r\n` +
      'Content-Type: application/json\r\nIdempotency-Key: slow\r\nContent-Length: 100\r\n\r\n';
    const sockets = await Promise.all(Array.from({ length: 600 }, () => openSocket(head)));
    for (let i = 0; i < 5; i += 1) assert.equal((await rig.pay()).status, 202);
    for (const socket of sockets) socket.destroy();
  });

  it('who nests callbacks deeply is refused before anything is printed or signed', async () => {
    const deep = '['.repeat(4_000) + ']'.repeat(4_000);
    const body = `{"transaction":{"id":"abc"},"hash":"aGFzaA==","a":${deep}}`;
    const answer = await fetch(`${rig.url()}/callbacks/airtel`, { method: 'POST', body });
    assert.equal(answer.status, 403);
  });

  it('who filters in every legal way gets answers, never a defect', async () => {
    const filters = [
      'reference=x',
      'status=FAILED',
      'provider=MTN',
      'createdAfter=2020-01-01T00:00:00Z',
      'createdBefore=2030-01-01T00:00:00Z',
    ];
    for (let chosen = 0; chosen < 2 ** filters.length; chosen += 1) {
      const query = filters.filter((_, i) => chosen & (1 << i)).join('&');
      assert.equal((await rig.get(`/v1/payments?${query}`)).status, 200, query);
    }
  });
});
