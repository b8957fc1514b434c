// Loaded into the process of each test file. Node waits for ever for a file that leaves something open, and
// reports no later file meanwhile; here such a file fails within seconds and says what it left.
import { after } from 'node:test';

/**
 * From a file's last test to the end of its process. Sockets of a closed server take a moment, and the Kafka client
 * finishes its tries at absent brokers after it was closed.
 */
const EXIT_LIMIT_MS = 40_000;
/** One file. The longest waits for several breaker resets and leases, on a busy machine. */
const FILE_LIMIT_MS = 180_000;

function endAfter(limitMs: number, what: string): void {
  const timer = setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(', ');
    process.stderr.write(`${process.argv[1]} ${what} ${limitMs} ms; open: ${open}\n`);
    process.exit(1);
  }, limitMs);
  timer.unref();
}

// The runner itself loads this too, and must outlive every file.
if (process.env.NODE_TEST_CONTEXT === 'child-v8') {
  endAfter(FILE_LIMIT_MS, 'was not done after');
  after(() => endAfter(EXIT_LIMIT_MS, 'did not exit; its last test ended before'));
}
