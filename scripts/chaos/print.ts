import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChaosReport, WENT_ON } from '../../test/chaos/chaos.ts';
import { repositoryRoot } from '../servers/paths.ts';

export const isBroken = ({ verdicts }: ChaosReport) =>
  verdicts.some(({ violations }) => violations.length > 0);

/** The one command that makes the same choices again. */
export function commandOf({ seed, durationMs, nemeses, drawn, failover }: ChaosReport): string {
  const named = drawn ? '' : ` --nemesis ${nemeses.join(',')}`;
  const over = failover ? ' --failover' : '';
  return `npm run chaos -- --seed ${seed} --duration ${durationMs / 1_000}s${named}${over}`;
}

/** Whoever asks for failover wants to see some: a sentence when no run had any. */
export function failoverMissed(reports: readonly ChaosReport[]): string | null {
  const asked = reports.filter(({ failover }) => failover);
  const went = asked.reduce((sum, { figures }) => sum + Number(figures[WENT_ON]), 0);
  return asked.length > 0 && went === 0 ? 'no payment went on to another provider' : null;
}

export function faultsOf({ faults }: ChaosReport): number {
  return Object.values(faults).reduce((sum, n) => sum + n, 0);
}

const MAX_SHOWN = 20;

export function printReport(report: ChaosReport): void {
  const { faults, figures, parts, answers, verdicts, evidence } = report;
  printRows('injected', { ...sorted(faults), 'all faults': faultsOf(report) });
  printRows('answered', sorted(answers));
  printRows('seen', figures);
  printRows('seconds', parts);
  console.log('\nverdicts');
  for (const { checker, violations } of verdicts) {
    const says = violations.length === 0 ? 'kept' : `BROKEN ${violations.length} times`;
    console.log(`  ${checker.padEnd(24)}  ${says}`);
    for (const violation of violations.slice(0, MAX_SHOWN)) console.log(`    ${violation}`);
  }
  if (!isBroken(report)) return;
  console.log(`\nagain: ${commandOf(report)}`);
  console.log('what is known of the payments in question:');
  for (const line of evidence) console.log(`  ${line}`);
}

export async function writeReports(reports: readonly ChaosReport[]): Promise<string> {
  const broken = reports.filter(isBroken).length;
  const faults = reports.reduce((sum, report) => sum + faultsOf(report), 0);
  return await keepResult('chaos', { runs: reports.length, broken, faults, reports });
}

/** For docs/proof.md; the folder is not in the repository. */
export async function keepResult(name: string, result: object): Promise<string> {
  const folder = join(repositoryRoot, 'bench', 'results');
  await mkdir(folder, { recursive: true });
  const at = new Date().toISOString();
  const path = join(folder, `${name}-${at.replaceAll(':', '-')}.json`);
  await writeFile(path, `${JSON.stringify({ at, ...result }, null, 2)}\n`);
  return path;
}

export function lineOf(report: ChaosReport): string {
  const { seed, figures, nemeses, parts } = report;
  const cells = [
    String(seed).padEnd(10),
    `${faultsOf(report)} faults`.padStart(13),
    `${figures.keys} keys`.padStart(11),
    `${figures.requests} requests`.padStart(15),
    `at rest after ${figures['at rest after, s']} s`.padStart(23),
    parts.all === undefined ? '' : `${parts.all} s in all`.padStart(16),
    ` ${isBroken(report) ? 'BROKEN' : 'kept'}  `,
    nemeses.join(','),
  ];
  return cells.join(' ');
}

/** One line a run, for many of them. */
export function printSummary(reports: readonly ChaosReport[]): void {
  console.log();
  for (const report of reports) console.log(lineOf(report));
  const faults = reports.reduce((sum, report) => sum + faultsOf(report), 0);
  const broken = reports.filter(isBroken);
  console.log(`\n${reports.length} runs, ${faults} faults, ${broken.length} broken`);
  for (const report of broken) console.log(`again: ${commandOf(report)}`);
}

function printRows(title: string, rows: Readonly<Record<string, string | number>>): void {
  const width = Math.max(...Object.keys(rows).map(({ length }) => length));
  console.log(`\n${title}`);
  for (const [what, value] of Object.entries(rows))
    console.log(`  ${what.padEnd(width)}  ${value}`);
}

function sorted<T>(rows: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(rows).sort(([a], [b]) => a.localeCompare(b)));
}
