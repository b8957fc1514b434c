/** Task definitions with their containers, as ECS will read them. */
import assert from 'node:assert/strict';
import { PROVIDERS } from '../../../providers/index.ts';
import { DEMO_SECRETS } from '../../../src/config/demo-values.ts';
import { type Config, loadConfig, type Role } from '../../../src/config.ts';
import { at, type Json, type Plan, type Resource, references } from './plan.ts';

export interface Container {
  name: string;
  environment: { name: string; value: string }[];
  secrets: { name: string; valueFrom: string }[];
  all: Json;
}

export interface TaskDefinition {
  resource: Resource;
  /** Of the container that stays. */
  role: string;
  containers: Container[];
}

export function tasksOf(plan: Plan): TaskDefinition[] {
  return plan.all('aws_ecs_task_definition').map((resource) => {
    const definitions: Json[] = JSON.parse(String(resource.source.container_definitions));
    const containers = definitions.map((all) => {
      const { name, environment = [], secrets = [] } = all as unknown as Container;
      return { name, environment, secrets, all };
    });
    const main = containers.find(({ all }) => all.essential) ?? assert.fail(resource.address);
    return { resource, role: main.name, containers };
  });
}

export function taskOf(plan: Plan, role: string): TaskDefinition {
  return tasksOf(plan).find((task) => task.role === role) ?? assert.fail(`no task of ${role}`);
}

export function containerOf(plan: Plan, role: string, name = role): Container {
  const found = taskOf(plan, role).containers.find((container) => container.name === name);
  return found ?? assert.fail(`no container ${name} in ${role}`);
}

/** The service of a task, by reference. */
export function serviceOf(plan: Plan, role: string): Resource {
  const { address } = taskOf(plan, role).resource;
  const found = plan
    .all('aws_ecs_service')
    .find(({ source }) => references(source.task_definition).includes(address));
  return found ?? assert.fail(`no service of ${role}`);
}

/** Stands for whatever an apply or Secrets Manager puts in. */
const LATER: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.keys(DEMO_SECRETS).map((name) => [name, 'of-this-deployment-alone-0123456789abcdef']),
  ),
  ENCRYPTION_KEYS: `k1:${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`,
  MTN_API_USER: '0d9c8b7a-6f5e-4d3c-8b2a-190817263544',
  DATABASE_USER: 'gateway_app_1',
  DATABASE_APP_USER: 'gateway_app_1',
  KAFKA_BROKERS: 'kafka-1.example.com:9096',
  PUBLIC_URL: 'https://example.com',
};

/** The gateway's own configuration from what a container is given: it throws where the gateway would. */
export function configOf(container: Container, role: Role): Config {
  const names = new Map(Object.entries(LATER));
  // Its own user is the owner; the one that it makes is another.
  if (role === 'migrate') names.set('DATABASE_USER', 'gateway_owner');
  const later = (name: string) => names.get(name) ?? 'known-after-apply.example.com';
  const isKnown = (value: string) => !value.includes('${');
  const env = Object.fromEntries([
    ...container.environment.map(({ name, value }) => [name, isKnown(value) ? value : later(name)]),
    ...container.secrets.map(({ name }) => [name, later(name)]),
  ]);
  return loadConfig(env, { role, providers: PROVIDERS });
}

/** A number of a service or target group, wherever the provider keeps it. */
export function numberAt(resource: Resource, path: string): number {
  const value = Number(at(resource.values, path));
  assert.ok(Number.isFinite(value), `${resource.address} has no ${path}`);
  return value;
}
