import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../servers/paths.ts';

const toolsFolder = join(cacheFolder, 'tools');
const underWay = new Map<string, Promise<string>>();

/**
 * A folder of the cache, filled once. Each attempt fills a folder of its own and a link gives it its
 * name at the end: an interrupted attempt leaves no half of a tool, and of two processes that fill at
 * the same time the first one to end wins. A link and no renaming, because a Python environment
 * knows its own path.
 */
export function fillOnce(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const known = underWay.get(name);
  if (known) return known;
  const filling = fillFolder(name, fill);
  underWay.set(name, filling);
  // The next call may have better luck with the network.
  filling.catch(() => underWay.delete(name));
  return filling;
}

async function fillFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const link = join(toolsFolder, name);
  if (existsSync(link)) return link;
  await mkdir(toolsFolder, { recursive: true });
  const folder = await mkdtemp(join(toolsFolder, `.${name}-`));
  try {
    await fill(folder);
    await symlink(folder, link, 'dir');
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (!existsSync(link)) throw error;
  }
  return link;
}
