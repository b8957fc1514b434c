/** The bus in memory, as one process has it: at least once, in order per key, with real delivery. */
import { deliverBatch } from '../../src/domain/deliver-batch.ts';
import {
  dueInMs,
  MAX_MESSAGE_BYTES,
  MessageRefused,
  type RetryTier,
  retryTopics,
} from '../../src/domain/delivery.ts';
import type { InboundMessage, OutboundMessage } from '../../src/domain/event.ts';
import type { Clock, EventBus, Subscription } from '../../src/domain/ports.ts';
import type { Logger, Metrics } from '../../src/domain/telemetry.ts';
import type { Broker, Member } from './fake-broker.ts';
import type { Wire } from './wire.ts';

export interface FakeBusDeps {
  broker: Broker;
  wire: Wire;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  tiers: readonly RetryTier[];
  /** How much of a batch whose acknowledgement is lost was stored all the same. */
  storedPart?(count: number): number;
}

export interface FakeBus extends EventBus {
  /** The brokers gave up on this process, which may not know it. */
  leave(): void;
  /** It came back. */
  rejoin(): void;
}

/** What was published wakes the readers; this only finds what they missed. */
const POLL_MS = 60_000;
const RESTART_MS = 500;
/** A reason of our own: without one, each abort makes an error with a stack. */
const CHANGED = 'changed';
const DEFAULT_MAX_BATCH = 200;

interface Reader {
  join(): void;
  leave(): void;
  close(): Promise<void>;
}

export function makeFakeEventBus(deps: FakeBusDeps): FakeBus {
  const { broker, wire, clock, logger, metrics, tiers, storedPart } = deps;
  const readers = new Set<Reader>();

  const publish = (messages: OutboundMessage[]) => {
    refuseTooLarge(messages);
    const part = storedPart?.(messages.length) ?? messages.length;
    return wire.call(`publishes ${messages.length}`, () => {
      broker.append(messages.slice(0, part));
      if (part < messages.length) throw new Error('not all replicas have it');
    });
  };

  return {
    publish: async (messages) => publish(messages),
    async subscribe(subscription) {
      const { group, topic } = subscription;
      const delivery = { subscription, publish, clock, logger, metrics, tiers };
      const sources = [{ topic, delayMs: 0 }, ...retryTopics(topic, group, tiers)];
      const own = sources.map((source) =>
        makeReader(deps, subscription, source, (batch, signal) =>
          deliverBatch(delivery, batch, signal),
        ),
      );
      for (const reader of own) {
        readers.add(reader);
        reader.join();
      }
      const close = async () => {
        await Promise.all(own.map((reader) => reader.close()));
        for (const reader of own) readers.delete(reader);
      };
      return { close };
    },
    leave() {
      for (const reader of readers) reader.leave();
    },
    rejoin() {
      for (const reader of readers) reader.join();
    },
    async close() {
      await Promise.all([...readers].map((reader) => reader.close()));
    },
  };
}

function refuseTooLarge(messages: OutboundMessage[]): void {
  messages.forEach(({ value }, index) => {
    if (Buffer.byteLength(value) > MAX_MESSAGE_BYTES) throw new MessageRefused(index, 'too-large');
  });
}

interface Loop {
  stopping: AbortController;
  waker: AbortController;
  ended: Promise<void>;
}

type Deliver = (batch: InboundMessage[], signal: AbortSignal) => Promise<boolean>;

function makeReader(
  { broker, wire, clock }: FakeBusDeps,
  { group, maxBatch = DEFAULT_MAX_BATCH }: Subscription,
  { topic, delayMs }: { topic: string; delayMs: number },
  deliver: Deliver,
): Reader {
  const loops = new Map<number, Loop>();
  const ending = new Set<Promise<void>>();

  async function readOnce(partition: number, loop: Loop): Promise<void> {
    loop.waker = new AbortController();
    broker.wakeOn(topic, loop.waker);
    const { position, messages } = await wire.call(`fetches ${topic}`, () => {
      const position = broker.committed(topic, group, partition);
      return { position, messages: broker.read(topic, partition, position, maxBatch) };
    });
    const waiting = messages.findIndex((one) => dueInMs(one, delayMs, clock.now()) > 0);
    const batch = waiting < 0 ? messages : messages.slice(0, waiting);
    if (batch.length === 0) {
      const [head] = messages;
      const waitMs = head ? dueInMs(head, delayMs, clock.now()) : POLL_MS;
      const signal = head ? loop.stopping.signal : loop.waker.signal;
      if (!loop.stopping.signal.aborted) await clock.sleep(waitMs, signal);
      return;
    }
    const done = await deliver(batch, loop.stopping.signal);
    const next = position + batch.length;
    const commit = () => broker.commit(topic, group, partition, next);
    if (done) await wire.call(`commits offset ${next} of ${topic}`, commit);
  }

  async function read(partition: number, loop: Loop): Promise<void> {
    while (!loop.stopping.signal.aborted) {
      try {
        await readOnce(partition, loop);
      } catch {
        await clock.sleep(RESTART_MS, loop.stopping.signal);
      }
    }
  }

  function stop(partition: number): void {
    const loop = loops.get(partition);
    if (!loop) return;
    loops.delete(partition);
    loop.stopping.abort(CHANGED);
    loop.waker.abort(CHANGED);
    ending.add(loop.ended);
    void loop.ended.then(() => ending.delete(loop.ended));
  }

  const member: Member = {
    assign(partitions) {
      for (const partition of [...loops.keys()]) {
        if (!partitions.includes(partition)) stop(partition);
      }
      for (const partition of partitions) {
        if (loops.has(partition)) continue;
        const stopping = new AbortController();
        const loop = { stopping, waker: new AbortController(), ended: Promise.resolve() };
        loops.set(partition, loop);
        loop.ended = read(partition, loop);
      }
    },
  };

  return {
    join: () => broker.join(topic, group, member),
    leave: () => broker.leave(topic, group, member),
    async close() {
      for (const partition of [...loops.keys()]) stop(partition);
      await Promise.all(ending);
      broker.leave(topic, group, member);
    },
  };
}
