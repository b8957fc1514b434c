/**
 * The simulators: HTTP doubles of the providers on one port, `/mtn/*`, `/airtel/*` and
 * `/control/*`. The system under test talks to them as it would to the real ones.
 */
import { type AirtelSimulatorSettings, makeAirtelWire } from '../providers/airtel/simulator.ts';
import { type MtnSimulatorSettings, makeMtnWire } from '../providers/mtn/simulator.ts';
import { makeAccessTokens } from './adapters/simulator/access-tokens.ts';
import { makeCallbackSchedule } from './adapters/simulator/callback-schedule.ts';
import { makeCallbackSender } from './adapters/simulator/callback-sender.ts';
import { MAX_CHARGES, makeChargeBook } from './adapters/simulator/charge-book.ts';
import { openChargeLog } from './adapters/simulator/charge-log.ts';
import { makeControlApi } from './adapters/simulator/control-api.ts';
import { type FaultEngine, makeFaultEngine } from './adapters/simulator/fault-engine.ts';
import { readFaultPlan } from './adapters/simulator/fault-plan.ts';
import { type Handler, startHttpServer } from './adapters/simulator/http-server.ts';
import { makeProviderHost } from './adapters/simulator/provider-host.ts';
import { makeTimers } from './adapters/simulator/timers.ts';
import { type SimulatedCharge, statusAt } from './domain/simulator.ts';
import type { Logger } from './domain/telemetry.ts';

export interface SimulatorsOptions {
  host: string;
  /** 0 for any free port. */
  port: number;
  mtn: MtnSimulatorSettings;
  airtel: AirtelSimulatorSettings;
  /** How long after it was taken a charge settles; 0 settles it at once. @default 1000 */
  settleMs?: number;
  /** Rules at the start, shaped as the body of `PUT /control/faults`. @default none */
  faults?: unknown;
  /** Seed of every plan that brings none. @default 22 */
  seed?: number;
  /** Charges are kept here and read again at the next start. @default null: in memory only */
  stateFile?: string | null;
  /** Beyond this the oldest settled charges are forgotten. @default 1000000 */
  maxCharges?: number;
  /** Wall clock, in milliseconds. @default Date.now */
  nowMs?: () => number;
  logger?: Logger;
}

export interface RunningSimulators {
  /** `http://host:port`, without a trailing slash: `/mtn` and `/airtel` below it are base URLs. */
  url: string;
  port: number;
  close(): Promise<void>;
}

function setFaults(engine: FaultEngine, faults: unknown, providers: string[], seed: number) {
  if (faults === undefined || faults === null) return;
  const read = readFaultPlan(faults, { providers, seed });
  if (!read.ok) throw new Error(`SIM_FAULTS: ${read.detail}`);
  engine.set(read.plan);
}

function explain(error: unknown, host: string, port: number): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error;
  return new Error(`SIM_PORT: port ${port} on ${host} is taken`, { cause: error });
}

/**
 * Rejects, with nothing left running, when the port is taken, a rule is bad or the file cannot be
 * read.
 */
export async function startSimulators(options: SimulatorsOptions): Promise<RunningSimulators> {
  const { host, port, settleMs = 1_000, seed = 22, stateFile = null } = options;
  const { maxCharges = MAX_CHARGES, nowMs = Date.now, logger } = options;
  await using stack = new AsyncDisposableStack();

  const tokens = makeAccessTokens(nowMs);
  const wires = [makeMtnWire(options.mtn, tokens), makeAirtelWire(options.airtel, tokens)];
  const providers = wires.map(({ name }) => name);
  const faults = makeFaultEngine();
  setFaults(faults, options.faults, providers, seed);

  const stored = stateFile === null ? null : await openChargeLog(stateFile, { maxCharges, logger });
  stack.defer(() => stored?.log.close());
  const log = stored?.log ?? null;
  const charges = stored?.charges ?? [];
  const book = makeChargeBook({ log, charges, nowMs, maxCharges, logger });
  const timers = stack.adopt(makeTimers(), ({ clear }) => clear());
  const sender = stack.adopt(makeCallbackSender({ logger }), ({ close }) => close());

  const control = makeControlApi({ faults, book, wires, seed, nowMs });
  const mounts = new Map<string, Handler>([['control', control]]);
  const isKnown = (charge: SimulatedCharge) =>
    book.find(charge.provider, charge.reference) === charge;
  for (const wire of wires) {
    const callbacks = makeCallbackSchedule({ wire, faults, sender, timers, nowMs, isKnown });
    const parts = { wire, faults, book, callbacks, timers, nowMs, settleMs };
    mounts.set(wire.mount, makeProviderHost(parts));
    for (const charge of charges) {
      const isPending = charge.provider === wire.name && statusAt(charge, nowMs()) === 'PENDING';
      if (isPending) callbacks.resume(charge);
    }
  }

  const server = await startHttpServer({ host, port, mounts, logger }).catch((error: unknown) => {
    throw explain(error, host, port);
  });
  stack.defer(server.close);
  const running = stack.move();
  logger?.info('simulators listen', { host, port: server.port, charges: charges.length });
  return {
    url: `http://${host}:${server.port}`,
    port: server.port,
    close: () => running.disposeAsync(),
  };
}
