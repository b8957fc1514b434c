import { resolve } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/**
 * A reporter beside the one that people read: one line for each test file that ran no test at all.
 * Node counts such a file as a passing test of the file's name, and a check that checks nothing must
 * not look green.
 */
export default async function* emptyFiles(source: AsyncIterable<TestEvent>) {
  for await (const event of source) {
    if (event.type !== 'test:pass') continue;
    const { name, file } = event.data;
    if (file && resolve(name) === file) yield `${name}\n`;
  }
}
