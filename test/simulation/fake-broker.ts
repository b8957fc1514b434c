/** Topics, partitions and groups in memory: what the brokers of a bus keep. */
import type { InboundMessage, OutboundMessage } from '../../src/domain/event.ts';

export interface Member {
  /** Reads these partitions from now on, and no others. */
  assign(partitions: readonly number[]): void;
}

interface Group {
  members: Member[];
  committed: number[];
}

export interface Broker {
  append(messages: readonly OutboundMessage[]): void;
  read(topic: string, partition: number, from: number, limit: number): InboundMessage[];
  join(topic: string, group: string, member: Member): void;
  leave(topic: string, group: string, member: Member): void;
  committed(topic: string, group: string, partition: number): number;
  /** Only forwards: a late commit of an old owner changes nothing. */
  commit(topic: string, group: string, partition: number, next: number): void;
  /** Aborts the controller when the topic gets a message. */
  wakeOn(topic: string, waker: AbortController): void;
  contents(topic: string): InboundMessage[];
  /** Messages that some group has not committed. */
  lag(): number;
}

export function makeBroker(partitionCount: number): Broker {
  const logs = new Map<string, InboundMessage[][]>();
  const groups = new Map<string, Group>();
  const wakers = new Map<string, Set<AbortController>>();
  const nameOf = (topic: string, group: string) => `${topic} ${group}`;

  function logOf(topic: string): InboundMessage[][] {
    const log = logs.get(topic) ?? Array.from({ length: partitionCount }, () => []);
    logs.set(topic, log);
    return log;
  }

  function groupOf(topic: string, group: string): Group {
    const name = nameOf(topic, group);
    const found = groups.get(name) ?? {
      members: [],
      committed: Array.from({ length: partitionCount }, () => 0),
    };
    groups.set(name, found);
    return found;
  }

  function rebalance({ members }: Group): void {
    members.forEach((member, i) => {
      const all = Array.from({ length: partitionCount }, (_, partition) => partition);
      member.assign(all.filter((partition) => partition % members.length === i));
    });
  }

  return {
    append(messages) {
      for (const { topic, key, value, headers } of messages) {
        const partition = hashOf(key) % partitionCount;
        const log = logOf(topic)[partition] as InboundMessage[];
        const offset = BigInt(log.length);
        log.push({ topic, partition, offset, key, value, headers: { ...headers } });
      }
      for (const topic of new Set(messages.map((message) => message.topic))) {
        const waiting = [...(wakers.get(topic) ?? [])];
        wakers.delete(topic);
        for (const waker of waiting) waker.abort('published');
      }
    },
    read(topic, partition, from, limit) {
      const log = logOf(topic)[partition] as InboundMessage[];
      return log.slice(from, from + limit).map((one) => ({ ...one, headers: { ...one.headers } }));
    },
    join(topic, group, member) {
      const joined = groupOf(topic, group);
      if (joined.members.includes(member)) return;
      joined.members.push(member);
      rebalance(joined);
    },
    leave(topic, group, member) {
      const left = groupOf(topic, group);
      if (!left.members.includes(member)) return;
      left.members = left.members.filter((one) => one !== member);
      member.assign([]);
      rebalance(left);
    },
    committed: (topic, group, partition) => groupOf(topic, group).committed[partition] ?? 0,
    commit(topic, group, partition, next) {
      const { committed } = groupOf(topic, group);
      committed[partition] = Math.max(committed[partition] ?? 0, next);
    },
    wakeOn(topic, waker) {
      const waiting = wakers.get(topic) ?? new Set();
      wakers.set(topic, waiting.add(waker));
    },
    contents: (topic) => logOf(topic).flat(),
    lag() {
      let lag = 0;
      for (const [name, { committed }] of groups) {
        const log = logOf(name.split(' ')[0] as string);
        committed.forEach((next, partition) => {
          lag += (log[partition]?.length ?? 0) - next;
        });
      }
      return lag;
    },
  };
}

function hashOf(key: string): number {
  let hash = 7;
  for (let i = 0; i < key.length; i += 1) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) >>> 0;
  return hash;
}
