import type { Redis } from 'ioredis';
import type { TripResult } from './trip.ts';

/** Names in one command. More would hold up the commands behind it. */
const MAX_NAMES = 100;

interface Look {
  name: string;
  resolve(value: TripResult<string | null>): void;
}

/**
 * Reads of one turn of the event loop are one MGET: a command costs the client far more than a name in it, and while
 * a breaker is open every request is one read. Nothing is claimed by it, so they may share a fate: one timeout,
 * one failure.
 */
export function makeLookGatherer(
  client: Pick<Redis, 'mget'>,
  run: <T>(command: () => Promise<T>) => Promise<TripResult<T>>,
): (name: string) => Promise<TripResult<string | null>> {
  let gathered: Look[] = [];

  async function send(looks: readonly Look[]): Promise<void> {
    const reply = await run(() => client.mget(looks.map(({ name }) => name)));
    looks.forEach(({ resolve }, i) => {
      resolve(reply.ok ? { ok: true, value: reply.value[i] ?? null } : reply);
    });
  }

  function flush(): void {
    const looks = gathered;
    gathered = [];
    for (let from = 0; from < looks.length; from += MAX_NAMES) {
      void send(looks.slice(from, from + MAX_NAMES));
    }
  }

  return (name) =>
    new Promise((resolve) => {
      if (gathered.length === 0) setImmediate(flush);
      gathered.push({ name, resolve });
    });
}
