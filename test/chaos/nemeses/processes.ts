import type { Failpoint } from '../../../src/domain/failpoints.ts';
import type { Arena } from '../arena.ts';
import type { Role } from '../fleet.ts';
import { type Nemesis, oneOf, waitWithin, within } from './battle.ts';

/** The lease and the grace of the fleet's settings are 6 s: this is past both, or well before. */
const SLEEP_MS: readonly (readonly [number, number])[] = [
  [6_500, 8_500],
  [200, 2_500],
];
/** Where a worker's death makes Kafka or the store see something twice. */
const TWICE: readonly (readonly [loops: string, point: Failpoint])[] = [
  ['relay', 'after-publish'],
  ['jobs', 'after-effect'],
  ['settle', 'after-word'],
  ['settle', 'after-due'],
];
const DEATH_MS = 6_000;

type RolesOf = (arena: Arena) => readonly Role[];
const apis: RolesOf = (arena) => arena.apis;
const workers: RolesOf = (arena) => arena.workers;

function kill(name: string, does: string, rolesOf: RolesOf): Nemesis {
  return {
    name,
    does,
    async strike(battle) {
      await battle.hold(rolesOf(battle.arena), async ({ process }) => {
        await process.kill();
        battle.count(name);
        await waitWithin(battle, 0, 1_000);
        await process.restart();
      });
    },
  };
}

function pause(name: string, does: string, rolesOf: RolesOf): Nemesis {
  return {
    name,
    does,
    async strike(battle) {
      await battle.hold(rolesOf(battle.arena), async ({ process }) => {
        process.pause();
        battle.count(name);
        await waitWithin(battle, ...oneOf(battle.random, SLEEP_MS));
        process.resume();
      });
    },
  };
}

const roll: Nemesis = {
  name: 'roll',
  does: 'SIGTERM of a copy, and another one in its place',
  async strike(battle) {
    await battle.hold(
      [...battle.arena.apis, ...battle.arena.workers],
      async ({ process, label }) => {
        const { code, signal } = await process.stop();
        battle.count('roll');
        if (signal === 'SIGKILL') battle.problem(`${label} did not go when it was asked to`);
        else if (code !== 0) battle.count(`roll: exit ${code ?? signal}`);
        await process.restart();
      },
    );
  },
};

/** What arrives twice: a worker dies between an effect and the note that it happened. */
const duplicates: Nemesis = {
  name: 'duplicates',
  does: 'a worker dies after an effect and before its note: messages come twice',
  async strike(battle) {
    const { arena, random } = battle;
    const [loops, point] = oneOf(random, TWICE);
    const env = { WORKER_LOOPS: loops, FAILPOINTS: `${point}:${within(random, 1, 4)}` };
    // It may well die before it is ready.
    const extra = await arena.startExtraWorker(env).catch(() => null);
    const late = setTimeout(() => void extra?.process.kill(), DEATH_MS);
    await extra?.process.exited;
    clearTimeout(late);
    battle.count(`died ${point}`);
  },
};

const clocks: Nemesis = {
  name: 'clocks',
  does: "a process's wall clock jumps by minutes, both ways",
  async strike(battle) {
    const roles = [...battle.arena.apis, ...battle.arena.workers];
    await battle.hold(roles, async (role) => {
      process.kill(role.process.pid, 'SIGUSR2');
      battle.count('clock step');
      await waitWithin(battle, 200, 1_500);
    });
  },
};

export const PROCESS_NEMESES: readonly Nemesis[] = [
  kill('kill-api', 'kill -9 of an api', apis),
  kill('kill-worker', 'kill -9 of a worker', workers),
  pause('pause-api', 'SIGSTOP of an api, past its leases or not', apis),
  pause('pause-worker', 'SIGSTOP of a worker, past its leases or not', workers),
  roll,
  duplicates,
  clocks,
];
