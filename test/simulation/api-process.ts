/** An api process: the gateway as production wires it, over doubles. */
import { makeAnswerRenderer } from '../../src/adapters/http/answers.ts';
import { STATUS_OF } from '../../src/adapters/http/status.ts';
import type { Core } from '../../src/composition/core.ts';
import { makeGateway } from '../../src/composition/gateway.ts';
import { GatewayError } from '../../src/domain/errors.ts';
import type { Gateway, PayCommand } from '../../src/domain/gateway.ts';
import { makeDecisionWriter } from '../../src/usecases/write-decision.ts';
import { makeFakeIdempotencyStore } from './fake-idempotency.ts';
import { type CallBack, type Host, makeHost } from './host.ts';
import { EPOCH_MS, latencyMs } from './machine.ts';
import {
  makeIds,
  type RequestRecord,
  silentLogger,
  silentMetrics,
  TIMING,
  type World,
} from './world.ts';

export interface ApiProcess {
  isAlive(): boolean;
  pay(request: RequestRecord): Promise<NonNullable<RequestRecord['result']>>;
  callBack: CallBack;
  crash(): void;
}

const CLIENT_TIMEOUT_MS = 30_000;
const secret = (value: unknown) => ({ reveal: () => value });
const render = makeAnswerRenderer();
const secrets = {
  reference: secret(Buffer.alloc(32, 1)),
  blindIndexKey: secret(Buffer.alloc(32, 2)),
  encryptionKeys: secret([{ id: 'one', key: Buffer.alloc(32, 3) }]),
};

export interface ApiOptions {
  name: string;
  onCrash(): void;
  callBack: CallBack;
}

export function startApiProcess(world: World, { name, onCrash, callBack }: ApiOptions): ApiProcess {
  const { scheduler, violations, scope } = world;
  const waiting = new Set<() => void>();
  const host = makeHost(world, {
    name,
    callBack,
    onCrash() {
      for (const lose of waiting) lose();
      onCrash();
    },
  });
  const gateway = wire(world, host);

  async function answer(command: PayCommand): Promise<NonNullable<RequestRecord['result']>> {
    try {
      const { answer, replayed } = await gateway.pay(command);
      return { kind: 'answer', answer, replayed };
    } catch (error) {
      if (error instanceof GatewayError) {
        return { kind: 'error', code: error.code, status: STATUS_OF[error.code] };
      }
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      violations.push({ checker: 'no defect', detail });
      return { kind: 'error', code: 'internal-error', status: 500 };
    }
  }

  function pay(request: RequestRecord): Promise<NonNullable<RequestRecord['result']>> {
    const { promise, resolve } = Promise.withResolvers<NonNullable<RequestRecord['result']>>();
    const lose = () => resolve({ kind: 'lost' });
    waiting.add(lose);
    const timer = scheduler.after(CLIENT_TIMEOUT_MS, '', lose);
    const arrive = () => {
      const command = commandOf(request, host.machine.clock.monotonicMs());
      void scope.run(request.id, async () => {
        const result = await answer(command);
        scheduler.after(latencyMs(scheduler, world.chaos), '', () => resolve(result));
      });
    };
    host.machine.resume(
      latencyMs(scheduler, world.chaos),
      `${name}: ${request.id} arrives`,
      arrive,
    );
    return promise.finally(() => {
      waiting.delete(lose);
      scheduler.cancel(timer);
    });
  }

  return {
    isAlive: host.machine.isAlive,
    crash: host.machine.crash,
    pay,
    callBack({ provider, reference, paymentId }, url, claimed) {
      const what = `${name}: a callback claims ${claimed} for ${paymentId}`;
      host.machine.resume(latencyMs(scheduler, world.chaos), what, () => {
        const body = Buffer.from(JSON.stringify({ reference, claimed }));
        const token = url?.split('/').at(-1) ?? null;
        const raw = { method: 'POST', headers: {}, body };
        gateway.providerCallback(provider, null, token, raw).catch(() => {});
      });
    },
  };
}

function wire(world: World, { machine, store, gates }: Host): Gateway {
  const ids = makeIds(world);
  const logger = silentLogger;
  const redisWire = machine.wire({
    shareOf: ({ redisShare }) => redisShare,
    failure: () => new Error('timed out'),
  });
  const idempotency = makeFakeIdempotencyStore({
    ...{ redis: world.redis, ids, leaseMs: TIMING.leaseMs, wire: redisWire },
    nowMs: () => EPOCH_MS + world.scheduler.nowMs(),
  });
  const gateFor = (provider: string) => gates.get(provider);
  const core = {
    parts: {
      config: { timing: TIMING, secrets, listen: { publicUrl: 'https://gateway' }, database: null },
      ...{ clock: machine.clock, ids, metrics: silentMetrics, logger },
    },
    store,
    render,
    write: makeDecisionWriter({ render, ids, timing: TIMING }),
    providers: {
      gateFor,
      gates: [...gates.values()],
      instances: (name: string) => [...gates].flatMap(([n, g]) => (n === name ? [g.provider] : [])),
      // One provider tells the payment by its callback's address, the other by our reference.
      definitionOf: (name: string) => ({
        callbackPath: name.toLowerCase(),
        callbackByToken: name === 'MTN',
      }),
    },
  } as unknown as Core;
  return makeGateway(core, idempotency, new AsyncDisposableStack());
}

function commandOf({ id, wish }: RequestRecord, arrivedAtMs: number): PayCommand {
  const { merchantId, key, fingerprint, amountMinor, currency, msisdn, provider } = wish;
  return {
    ...{ merchantId, idempotencyKey: key, route: 'POST /v1/pay', fingerprint, amountMinor },
    ...{ currency, msisdn, provider, market: 'ZM', routedBy: 'operator' },
    failover: wish.failover,
    ...{ reference: null, description: null, metadata: null, requestId: id, arrivedAtMs },
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
}
