/**
 * What must not outlive this process, as functions that end it at once. Kept for the whole process, as
 * the exit and signal handlers are: one handler each, however many children there are.
 */
const endings = new Set<() => void>();

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `end` when this process exits or is told to; returns a function that lifts the guard. */
export function guard(end: () => void): () => void {
  if (endings.size === 0) {
    process.on('exit', endAll);
    // First in line: a `once` of somebody else must still be there when we look.
    for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  }
  endings.add(end);
  return () => {
    if (!endings.delete(end) || endings.size > 0) return;
    process.off('exit', endAll);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

function endAll(): void {
  for (const end of endings) end();
}

/** Whoever handles the signal too will stop things in order; if nobody does, it ends us as it would. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  endAll();
  process.off(signal, onSignal);
  process.kill(process.pid, signal);
}
