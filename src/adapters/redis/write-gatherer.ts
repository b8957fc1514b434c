import type { Redis } from 'ioredis';

/**
 * Lets the commands of one turn of the event loop leave in one write: writing to a socket costs more than the
 * rest of a command. Only bytes are held back, until the turn ends; each command stays its own, with its own
 * reply and timeout, which a pipeline would change.
 */
export function makeWriteGatherer(client: Redis): <T>(command: () => T) => T {
  let isGathering = false;
  return (command) => {
    // Not there before the first connection; a lost one is replaced by another object.
    const stream = client.stream as Redis['stream'] | undefined;
    if (!isGathering && stream !== undefined) {
      isGathering = true;
      stream.cork();
      setImmediate(() => {
        isGathering = false;
        stream.uncork();
      });
    }
    return command();
  };
}
