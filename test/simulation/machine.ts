import type { Clock } from '../../src/domain/ports.ts';
import type { Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';
import type { Wire } from './wire.ts';

/** One process, from its start to its death. What runs in it goes on only through the scheduler. */
export interface Machine {
  readonly name: string;
  readonly clock: Clock;
  isAlive(): boolean;
  /** Runs `go` in this process, unless it has died; later when it is paused. */
  resume(ms: number, label: string, go: () => void): void;
  /** `shareOf` calls fail with `failure`; whether they had their effect only the dice know. */
  wire(options: WireOptions): Wire;
  crash(): void;
}

export interface WireOptions {
  shareOf(faults: Faults): number;
  failure(fate: 'none' | 'unknown'): Error;
}

/** What one schedule still has in store; after the healing, nothing. */
export interface Chaos {
  faults: Faults;
  healed: boolean;
  /** Faults that happened, of all kinds. */
  injected: number;
}

export interface MachineOptions {
  name: string;
  scheduler: Scheduler;
  chaos: Chaos;
  /** Wall clocks of processes differ; nothing about money may depend on them. */
  skewMs: number;
  onCrash(): void;
  onPause?(ms: number): void;
}

/** The longest that a statement can still run after its connection was lost: statement_timeout. */
const LATE_EFFECT_MS = 4_900;
const LONGEST_PAUSE_MS = 25_000;
const LONGEST_CALL_MS = 2_500;

export function latencyMs({ dice }: Scheduler, { faults, healed }: Chaos): number {
  const slow = !healed && dice.chance(faults.slowShare);
  return slow ? dice.between(50, LONGEST_CALL_MS) : dice.between(0, 20);
}

export function makeMachine(options: MachineOptions): Machine {
  const { name, scheduler, chaos, skewMs, onCrash } = options;
  const { dice } = scheduler;
  let alive = true;
  let pausedUntilMs = 0;

  function mayGoOn(retry: () => void): boolean {
    if (!alive) return false;
    const { faults, healed } = chaos;
    if (!healed && faults.pauses > 0 && dice.chance(faults.pauseShare)) {
      faults.pauses -= 1;
      chaos.injected += 1;
      const ms = dice.between(100, LONGEST_PAUSE_MS);
      pausedUntilMs = scheduler.nowMs() + ms;
      options.onPause?.(ms);
      scheduler.note(`${name} IS PAUSED until ${(pausedUntilMs / 1_000).toFixed(3)} s`);
    }
    const pausedMs = pausedUntilMs - scheduler.nowMs();
    if (pausedMs > 0) {
      scheduler.after(pausedMs, '', retry);
      return false;
    }
    if (!healed && faults.crashes > 0 && dice.chance(faults.crashShare)) {
      faults.crashes -= 1;
      chaos.injected += 1;
      machine.crash();
      return false;
    }
    return true;
  }

  function resume(ms: number, label: string, go: () => void): void {
    const step = () => {
      if (!mayGoOn(step)) return;
      if (label) scheduler.note(label);
      go();
    };
    scheduler.after(ms, '', step);
  }

  const machine: Machine = {
    name,
    isAlive: () => alive,
    resume,
    crash() {
      if (!alive) return;
      alive = false;
      scheduler.note(`${name} DIES`);
      onCrash();
    },
    clock: {
      now: () => new Date(EPOCH_MS + scheduler.nowMs() + skewMs),
      monotonicMs: () => scheduler.nowMs(),
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve();
          let woken = false;
          const wake = () => {
            if (woken) return;
            woken = true;
            signal?.removeEventListener('abort', onAbort);
            resolve();
          };
          const step = () => {
            if (!woken && mayGoOn(step)) wake();
          };
          const timer = scheduler.after(ms, '', step);
          const onAbort = () => {
            scheduler.cancel(timer);
            resume(0, '', wake);
          };
          signal?.addEventListener('abort', onAbort, { once: true });
        }),
    },
    wire: (wireOptions) => makeWire(machine, options, wireOptions),
  };
  return machine;
}

/** 2026-01-01: wall clocks show a time that people recognise. */
export const EPOCH_MS = 1_767_225_600_000;

function makeWire(machine: Machine, options: MachineOptions, wireOptions: WireOptions): Wire {
  const { scheduler, chaos, name } = options;
  const { dice } = scheduler;
  const latency = () => latencyMs(scheduler, chaos);
  return {
    call<T>(what: string, effect: () => T): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      /** A caller that died with its request still on the way may not have sent it. */
      const arrive = (deliver: (run: () => T) => void) => () => {
        if (!machine.isAlive() && dice.chance(0.5)) return;
        deliver(effect);
      };
      const attempt = (run: () => T): (() => void) => {
        try {
          const result = run();
          return () => resolve(result);
        } catch (error) {
          return () => reject(error);
        }
      };
      const fault = chaos.healed ? 0 : wireOptions.shareOf(chaos.faults);
      if (!dice.chance(fault)) {
        const answer = (run: () => T) => machine.resume(latency(), '', attempt(run));
        scheduler.quietly(latency(), `${name}: ${what}`, arrive(answer));
        return promise;
      }
      chaos.injected += 1;
      const kind = dice.pick(['refused', 'request lost', 'answer lost', 'late'] as const);
      if (kind === 'answer lost' || kind === 'late') {
        const ms = kind === 'late' ? dice.between(0, LATE_EFFECT_MS) : latency();
        const drop = (run: () => T) => void attempt(run);
        scheduler.quietly(ms, `${name}: ${what} (${kind})`, arrive(drop));
      }
      const toldMs = kind === 'refused' ? latency() : dice.between(20, LONGEST_CALL_MS);
      const fail = () => reject(wireOptions.failure(kind === 'refused' ? 'none' : 'unknown'));
      machine.resume(toldMs, `${name}: ${what} FAILS (${kind})`, fail);
      return promise;
    },
  };
}
