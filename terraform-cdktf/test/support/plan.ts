/** A plan beside the synthesized JSON that it was made of: the one has values, the other references. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackName, VariantName } from './variants.ts';

/** Where `makePlans` put them. */
export const PLANS_FOLDER = 'INFRA_PLANS';
export const FILES = { source: 'main.tf.json', plan: 'plan.json' };

export type Json = Record<string, unknown>;

export interface Resource {
  address: string;
  type: string;
  name: string;
  /** As planned, the provider's defaults included; what is known after apply is absent. */
  values: Json;
  /** As synthesized: `${…}` where the value is another resource's. */
  source: Json;
}

export interface Plan {
  /** Every type that is made. */
  types: readonly string[];
  all(type: string): Resource[];
  /** The only one of its type. */
  only(type: string): Resource;
  /** The text of everything, to be searched. */
  text: string;
  json: Json;
  /** What the plan was made of. */
  synthesized: Json;
}

/** The value at a path such as `vpc_config.0.subnet_ids`; undefined when there is none. */
export function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Json | null | undefined)?.[key], value);
}

/** Addresses (`type.name`) that a synthesized value refers to. */
export function references(value: unknown): string[] {
  const text = JSON.stringify(value) ?? '';
  const found = [...text.matchAll(/\b(aws_[a-z0-9_]+\.[A-Za-z0-9_-]+)/g)];
  return [...new Set(found.map(([, address = '']) => address))].sort();
}

export function refersTo(value: unknown, { address }: Resource): boolean {
  return references(value).includes(address);
}

interface PlannedResource {
  address: string;
  type: string;
  name: string;
  /** Absent when nothing of it is known. */
  values?: Json;
}

function resourcesOf(plan: Json, synthesized: Json): Resource[] {
  const planned = (at(plan, 'planned_values.root_module.resources') ?? []) as PlannedResource[];
  return planned.map(({ address, type, name, values = {} }) => {
    const source = at(synthesized, `resource.${type}.${name}`) as Json | undefined;
    return {
      address,
      type,
      name,
      values,
      source: source ?? assert.fail(`${address} has no source`),
    };
  });
}

const readJson = (path: string): Json => JSON.parse(readFileSync(path, 'utf8'));

export function loadPlan(variant: VariantName, stack: StackName = 'gateway'): Plan {
  const plans = process.env[PLANS_FOLDER];
  assert.ok(plans, 'plans are made by `npm run test:infra`');
  const folder = join(plans, variant, stack);
  const json = readJson(join(folder, FILES.plan));
  const synthesized = readJson(join(folder, FILES.source));
  const resources = resourcesOf(json, synthesized);
  const all = (type: string) => resources.filter((resource) => resource.type === type);
  return {
    types: [...new Set(resources.map(({ type }) => type))].sort(),
    all,
    only(type) {
      const [first, ...others] = all(type);
      assert.deepEqual(
        others.map(({ address }) => address),
        [],
        `more than one ${type}`,
      );
      return first ?? assert.fail(`no ${type}`);
    },
    text: JSON.stringify(json),
    json,
    synthesized,
  };
}
