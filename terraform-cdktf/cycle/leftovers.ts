/** What the API lists, over all of its services, now and before: the difference is what was left behind. */
import { join } from 'node:path';
import { run } from '../../scripts/servers/programs.ts';
import { REGION } from './clients.ts';

/** Service → operation → what it listed. */
export type Listing = Record<string, Record<string, string[]>>;

export interface Leftovers {
  /** Each by its service and name. */
  left: string[];
  /** Keys wait for their end by law of AWS; by their descriptions. */
  pendingKeys: string[];
  services: number;
  operations: number;
}

const LIST_LIMIT_MS = 120_000;
const PENDING = 'PendingDeletion: ';

export async function listEverything(emulator: { url: string; python: string }): Promise<Listing> {
  const script = join(import.meta.dirname, 'leftovers.py');
  const options = { timeoutMs: LIST_LIMIT_MS };
  const { stdout } = await run(emulator.python, [script, emulator.url, REGION], options);
  return JSON.parse(stdout);
}

export function compare(before: Listing, after: Listing): Leftovers {
  const left: string[] = [];
  const pendingKeys: string[] = [];
  for (const [service, operations] of Object.entries(after)) {
    for (const [operation, things] of Object.entries(operations)) {
      const known = before[service]?.[operation] ?? [];
      for (const thing of added(known, things)) {
        if (service === 'kms' && thing.startsWith(PENDING)) {
          pendingKeys.push(thing.slice(PENDING.length));
        } else {
          left.push(`${service} ${operation}: ${thing}`);
        }
      }
    }
  }
  const operations = Object.values(after).reduce((sum, each) => sum + Object.keys(each).length, 0);
  return { left, pendingKeys, services: Object.keys(after).length, operations };
}

/** Two things of one name are two things. */
function added(known: readonly string[], now: readonly string[]): string[] {
  const rest = [...known];
  return now.filter((thing) => {
    const index = rest.indexOf(thing);
    if (index < 0) return true;
    rest.splice(index, 1);
    return false;
  });
}
