/** The containers of this cycle, and those that a cycle left behind which was killed: each has its owner's name. */
import { spawnSync } from 'node:child_process';
import type { Engine } from '../../scripts/image/engine.ts';
import { processIdentity } from '../../scripts/servers/process-records.ts';

const LABEL = 'gateway-cycle';
/** A pid alone may belong to somebody else by now. */
const OWNER = `${process.pid}/${processIdentity(process.pid)}`;

/** On every container that this cycle makes. */
export const OWN_LABEL = { [LABEL]: OWNER };

/** Without waiting, because it is also called at an exit or a signal. */
export function removeOwnContainers(engine: Engine): void {
  remove(engine, (owner) => owner === OWNER);
}

export function removeOrphans(engine: Engine): void {
  remove(engine, (owner) => {
    const [pid, identity] = owner.split('/');
    return processIdentity(Number(pid)) !== identity;
  });
}

function remove({ program, env }: Engine, isMeant: (owner: string) => boolean): void {
  const call = (...words: string[]) => {
    const { stdout } = spawnSync(program, words, { env, encoding: 'utf8' });
    return (stdout ?? '').split('\n').filter(Boolean);
  };
  const ids = call('ps', '--all', '--quiet', '--filter', `label=${LABEL}`);
  if (ids.length === 0) return;
  const format = `{{.Id}} {{index .Config.Labels "${LABEL}"}}`;
  const meant = call('inspect', '--format', format, ...ids)
    .map((line) => line.split(' '))
    .filter(([, owner = '']) => isMeant(owner))
    .map(([id = '']) => id);
  if (meant.length > 0) call('rm', '--force', ...meant);
}
