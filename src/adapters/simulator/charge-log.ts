/**
 * Charges on disk: one JSON line for each charge, and the line again when it changes; the last one
 * counts. A line is written before the charge is answered, with one plain `write`: it survives the
 * death of the process at any point, which is what the simulators are for, and costs a few
 * microseconds. It does not wait for the disk, so a power cut can lose the last lines.
 */
import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SimulatedCharge } from '../../domain/simulator.ts';
import type { Logger } from '../../domain/telemetry.ts';

/**
 * A log is rewritten when it has more than twice as many lines as charges, and at least this many.
 */
const MIN_REWRITE_LINES = 100_000;
/** Lines joined into one write when the log is rewritten. */
const REWRITE_CHUNK = 1_000;

export interface ChargeLog {
  append(charge: SimulatedCharge): void;
  isOverlong(charges: number): boolean;
  /** Replaces the file in one step: a crash leaves the old one or the new one. */
  rewrite(charges: Iterable<SimulatedCharge>): void;
  close(): void;
}

export interface OpenedChargeLog {
  log: ChargeLog;
  /** What the file held, oldest first. */
  charges: SimulatedCharge[];
}

function readLine(line: string): SimulatedCharge | undefined {
  try {
    const charge = JSON.parse(line);
    return typeof charge?.reference === 'string' ? charge : undefined;
  } catch {
    return undefined;
  }
}

/** The newest `maxCharges` charges. Lines that are no charges (a torn write) are left out. */
async function load(file: string, maxCharges: number, logger?: Logger): Promise<SimulatedCharge[]> {
  const charges = new Map<string, SimulatedCharge>();
  await using handle = await open(file, 'a+');
  let unreadable = 0;
  for await (const line of handle.readLines({ start: 0 })) {
    const charge = readLine(line);
    if (charge === undefined) unreadable += 1;
    else charges.set(`${charge.provider} ${charge.reference}`, charge);
    if (charges.size > maxCharges) charges.delete(charges.keys().next().value ?? '');
  }
  if (unreadable > 0) logger?.warn('lines of the charges file are unreadable', { unreadable });
  return [...charges.values()];
}

function appendTo(descriptor: number, charges: Iterable<SimulatedCharge>): number {
  let lines = 0;
  let chunk: string[] = [];
  const flush = () => {
    writeSync(descriptor, chunk.join(''));
    chunk = [];
  };
  for (const charge of charges) {
    chunk.push(`${JSON.stringify(charge)}\n`);
    lines += 1;
    if (chunk.length === REWRITE_CHUNK) flush();
  }
  flush();
  return lines;
}

/**
 * Opens or creates the file and its directory. Rejects when it cannot: a bad path is a setting's
 * mistake.
 */
export async function openChargeLog(
  file: string,
  { maxCharges, logger }: { maxCharges: number; logger?: Logger | undefined },
): Promise<OpenedChargeLog> {
  await mkdir(dirname(file), { recursive: true });
  const charges = await load(file, maxCharges, logger);
  let descriptor: number | undefined;
  let lines = 0;
  let saidBroken = false;

  function rewrite(kept: Iterable<SimulatedCharge>) {
    const draft = `${file}.new`;
    writeFileSync(draft, '');
    const next = openSync(draft, 'a');
    lines = appendTo(next, kept);
    renameSync(draft, file);
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = next;
  }

  rewrite(charges);
  const log: ChargeLog = {
    append(charge) {
      if (descriptor === undefined) return;
      try {
        lines += appendTo(descriptor, [charge]);
      } catch (error) {
        if (!saidBroken) logger?.error('the simulators cannot write their charges', { error });
        saidBroken = true;
      }
    },
    isOverlong: (count) => lines > Math.max(2 * count, MIN_REWRITE_LINES),
    rewrite,
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
  return { log, charges };
}
