import { setTimeout as sleep } from 'node:timers/promises';

/** A client that waits for a broker must not hold up a shutdown longer than this. */
const CLOSE_MS = 3_000;
const RETRY_MS = 50;

interface Closable {
  close(force: boolean): Promise<void>;
}

/**
 * Closes by force and never rejects. The client refuses to close while one of its streams still
 * does; a consumer left like that would keep its partitions with its heartbeats, and read nothing:
 * so it is asked again.
 */
export async function closeClient(client: Closable): Promise<void> {
  const limit = new AbortController();
  const late = sleep(CLOSE_MS, undefined, { signal: limit.signal }).catch(() => {});
  const closed = async () => {
    while (!limit.signal.aborted) {
      try {
        return await client.close(true);
      } catch {
        await sleep(RETRY_MS);
      }
    }
  };
  await Promise.race([closed(), late]);
  limit.abort();
}
