/** Blocks of shell in docs/deploy.md, by a word that only they have. */
import assert from 'node:assert/strict';
import { readDeployDocument } from '../../tables/blocks.ts';

export function shellBlock(word: string): string {
  const blocks = [...readDeployDocument().matchAll(/^```bash\n(.*?)^```$/gms)]
    .map(([, text = '']) => text)
    .filter((text) => text.includes(word));
  assert.equal(blocks.length, 1, `${blocks.length} blocks have ${word}`);
  return blocks[0]!;
}

/** Its functions, and the block that stops at the first thing that goes wrong. */
export const restoreScript = () =>
  shellBlock('until_available() {') + shellBlock('restore-db-instance-to-point-in-time');
