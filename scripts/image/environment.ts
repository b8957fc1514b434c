import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../servers/paths.ts';

const ENV = /^ENV ((?:.*\\\n)*.*)$/gm;
const PAIR = /(\w+)=(?:"([^"]*)"|(\S+))/g;

/** How Node runs in the image, with further options of its own: who measures a process has it run as it ships. */
export function imageEnvironment(...options: readonly string[]) {
  const set = readImageEnvironment();
  const read = (name: string): string => {
    const value = set.get(name);
    if (value === undefined) throw new Error(`the Dockerfile sets no ${name}`);
    return value;
  };
  return {
    MALLOC_ARENA_MAX: read('MALLOC_ARENA_MAX'),
    NODE_OPTIONS: [read('NODE_OPTIONS'), ...options].join(' '),
  };
}

/** The heap that V8 gives itself in a task with 512 MB; with more memory on the machine it lets garbage lie. */
export function smallTaskEnvironment() {
  return imageEnvironment('--max-old-space-size=256');
}

function readImageEnvironment(): Map<string, string> {
  const text = readFileSync(join(repositoryRoot, 'Dockerfile'), 'utf8');
  const found = new Map<string, string>();
  for (const [, block = ''] of text.matchAll(ENV)) {
    for (const [, name = '', quoted, bare = ''] of block.matchAll(PAIR)) {
      found.set(name, quoted ?? bare);
    }
  }
  return found;
}
