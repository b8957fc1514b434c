/**
 * Checkov reads Terraform's JSON, but no skips in it (3.3.30: its runner passes an empty list of them). Ours
 * stand in the JSON beside the resource, each with its reason, and are held against what it finds.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../scripts/servers/programs.ts';
import { findCheckov } from '../../../scripts/tools/find.ts';
import { at, type Json } from './plan.ts';

const LIMIT_MS = 120_000;

interface Report {
  results: { failed_checks: Failure[] };
  summary: { passed: number; parsing_errors: number };
}

interface Failure {
  check_id: string;
  check_name: string;
  resource: string;
}

export interface Findings {
  passed: number;
  /** `<resource> <check> <what it is about>`, without those that are skipped. */
  failures: string[];
  /** `<resource> <check>`, which fails no more. */
  idleSkips: string[];
  skips: { key: string; comment: string }[];
}

interface Skip {
  id: string;
  comment: string;
}

const skipsOf = (source: unknown) => (at(source, '//.checkov.skip') ?? []) as Skip[];

/** Every skip of a stack: the resource, the check, the reason. */
function allSkips(synthesized: Json) {
  const types = Object.values((synthesized.resource ?? {}) as Record<string, Json>);
  return types.flatMap((resources) =>
    Object.entries(resources).flatMap(([name, source]) =>
      skipsOf(source).map(({ id, comment }) => ({ key: `${name} ${id}`, comment })),
    ),
  );
}

/** One report for each kind of check, or one alone when there is only one kind. */
async function reportsOf(file: string): Promise<Report[]> {
  const checkov = await findCheckov();
  const args = ['--file', file, '--framework', 'terraform_json', '--output', 'json'];
  const quiet = ['--compact', '--quiet', '--skip-download'];
  const options = { allowFailure: true, timeoutMs: LIMIT_MS };
  const { stdout, stderr } = await run(checkov, [...args, ...quiet], options);
  try {
    return [JSON.parse(stdout)].flat();
  } catch {
    throw new Error(`checkov said no JSON:\n${stdout}${stderr}`);
  }
}

export async function inspect(folder: string, synthesized: Json): Promise<Findings> {
  const file = join(folder, 'checkov.tf.json');
  // Its parser gives up at the block `terraform`, where a value is not an object.
  const { provider, resource } = synthesized;
  await writeFile(file, JSON.stringify({ provider, resource }, null, 2));
  const reports = await reportsOf(file);
  const unread = reports.reduce((sum, { summary }) => sum + summary.parsing_errors, 0);
  if (unread > 0) throw new Error(`checkov could not read ${file}`);
  const failed = reports.flatMap(({ results }) => results.failed_checks);
  const skips = allSkips(synthesized);
  const skipped = new Set(skips.map(({ key }) => key));
  const found = new Set(failed.map(keyOf));
  return {
    passed: reports.reduce((sum, { summary }) => sum + summary.passed, 0),
    failures: failed
      .filter((failure) => !skipped.has(keyOf(failure)))
      .map((failure) => `${keyOf(failure)} ${failure.check_name}`),
    idleSkips: [...skipped].filter((key) => !found.has(key)),
    skips,
  };
}

/** Some checks put the type in front of the name, and some the kind of block; the name alone is unique. */
function keyOf({ resource, check_id: id }: Failure): string {
  return `${resource.split('.').at(-1)} ${id}`;
}
