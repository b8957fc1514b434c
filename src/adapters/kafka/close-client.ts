import { setTimeout as sleep } from 'node:timers/promises';

/** A client that waits for a broker must not hold up a shutdown longer than this. */
const CLOSE_MS = 3_000;
const LEAVE_MS = 2_000;
const RETRY_MS = 50;

interface Closable {
  close(force: boolean): Promise<void>;
}

interface Member extends Closable {
  leaveGroup(force: boolean): Promise<void>;
}

/**
 * Closes by force and never rejects. The client refuses to close while one of its streams still
 * does; a consumer left like that would keep its partitions with its heartbeats, and read nothing:
 * so it is asked again.
 */
export async function closeClient(client: Closable): Promise<void> {
  await insist(() => client.close(true), CLOSE_MS);
}

/**
 * Out of the group first, and only then closed: `close` alone leaves the group too, but a join that is under way
 * then ends in a membership of the closed client, whose heartbeats keep the process alive for ever.
 */
export async function closeConsumer(member: Member): Promise<void> {
  await insist(() => member.leaveGroup(true), LEAVE_MS);
  await closeClient(member);
}

async function insist(step: () => Promise<void>, limitMs: number): Promise<void> {
  const limit = new AbortController();
  const late = sleep(limitMs, undefined, { signal: limit.signal }).catch(() => {});
  const done = async () => {
    while (!limit.signal.aborted) {
      try {
        return await step();
      } catch {
        await sleep(RETRY_MS);
      }
    }
  };
  await Promise.race([done(), late]);
  limit.abort();
}
