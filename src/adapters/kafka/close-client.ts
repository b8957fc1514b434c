/** A client that waits for a broker must not hold up a shutdown longer than this. */
const CLOSE_MS = 3_000;

interface Closable {
  close(force: boolean): Promise<void>;
}

/** Closes by force, gives up after a while, never rejects: what is unacknowledged will come again anyway. */
export async function closeClient(client: Closable): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, CLOSE_MS);
  await Promise.race([client.close(true).catch(() => {}), late]);
  clearTimeout(timer);
}
