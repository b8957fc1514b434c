/** What a deployment costs while it stands, whether anybody pays through it or not. */
import type { Settings } from '../settings/schema.ts';
import { Inventory, type PresetName } from './inventory.ts';
import { type Price, type PriceName, prices } from './prices.ts';

export const HOURS_PER_MONTH = 730;
/** Fargate's units of a processor, and MiB of a GiB. */
const UNITS = 1_024;

/** Our own, in docs/operations.md: four for each of two providers, outbox, dead letters, heartbeats. */
const OWN_METRICS = 13;
/** Assumed: of Container Insights, for the cluster, for each service and for its tasks. */
const ECS_METRICS = { cluster: 12, service: 22 };
/** Assumed: network flows, brokers, counters of ECS; the gateway itself is silent without payments. */
const IDLE_LOG_GIGABYTES = { sandbox: 1, production: 5 };
/** A hundred images share most of their layers. */
const IMAGE_GIGABYTES = 2;
/** AWS keeps two for each measure that it tracks. */
const ALARMS_PER_SCALING_POLICY = 2;

export interface Line {
  part: string;
  what: string;
  quantity: number;
  price: Price;
  monthly: number;
}

type Add = (part: string, what: string, quantity: number, price: PriceName) => void;

export function fixedCosts(preset: PresetName, changes: Partial<Settings> = {}): Line[] {
  const inventory = new Inventory(preset, changes);
  const lines: Line[] = [];
  const add: Add = (part, what, quantity, name) => {
    if (quantity === 0) return;
    const price: Price = prices[name];
    const hours = price.unit.includes('hour') ? HOURS_PER_MONTH : 1;
    lines.push({ part, what, quantity, price, monthly: quantity * hours * price.usd });
  };
  addTasks(inventory, add);
  addServers(inventory, add);
  addNetwork(inventory, add);
  addSight(inventory, preset, add);
  return lines;
}

export function total(lines: readonly Line[]): number {
  return lines.reduce((sum, { monthly }) => sum + monthly, 0);
}

/** By part, the dearest first. */
export function byPart(lines: readonly Line[]): [part: string, monthly: number][] {
  const parts = Object.entries(Object.groupBy(lines, ({ part }) => part));
  return parts
    .map(([part, of]): [string, number] => [part, total(of ?? [])])
    .sort(([, left], [, right]) => right - left);
}

function addTasks(inventory: Inventory, add: Add): void {
  const definitions = inventory.all('aws_ecs_task_definition');
  const tasks = inventory.all('aws_ecs_service').map((service) => {
    const definition = definitions.find(({ family }) =>
      String(family).endsWith(`-${service.name}`),
    );
    if (!definition) throw new Error(`no task definition for the service ${service.name}`);
    return { count: Number(service.desired_count), definition };
  });
  const sum = (name: 'cpu' | 'memory') =>
    tasks.reduce((all, { count, definition }) => all + count * Number(definition[name]), 0);
  add('Fargate', 'processors of all tasks', sum('cpu') / UNITS, 'processor');
  add('Fargate', 'memory of all tasks, GB', sum('memory') / UNITS, 'memory');
}

function addServers(inventory: Inventory, add: Add): void {
  for (const server of inventory.all('aws_db_instance')) {
    const copies = server.multi_az ? 2 : 1;
    add('Postgres', `${server.instance_class}`, copies, priced(server.instance_class));
    const storage = copies * Number(server.allocated_storage);
    add('Postgres', 'storage, GB', storage, 'postgresGigabyte');
  }
  for (const server of inventory.all('aws_elasticache_replication_group')) {
    const { node_type: type, num_cache_clusters: nodes } = server;
    add('Redis', `${type}`, Number(nodes), priced(type));
  }
  if (inventory.count('aws_msk_cluster') > 0) {
    const { kafkaInstanceType: type, kafkaBrokers, kafkaStorageGib } = inventory.settings;
    add('Kafka', type, kafkaBrokers, priced(type));
    add('Kafka', 'storage, GB', kafkaBrokers * kafkaStorageGib, 'kafkaGigabyte');
  }
}

function priced(type: unknown): PriceName {
  if (Object.hasOwn(prices, String(type))) return type as PriceName;
  throw new Error(`no price for ${type}: add it to costs/prices.ts with its source`);
}

function addNetwork(inventory: Inventory, add: Add): void {
  const { zones } = inventory.settings;
  const nats = inventory.count('aws_nat_gateway');
  const endpoints = inventory
    .all('aws_vpc_endpoint')
    .filter(({ vpc_endpoint_type: type }) => type === 'Interface');
  const rules = inventory.all('aws_wafv2_web_acl').flatMap(({ rule }) => rule as unknown[]);
  add('Network', 'NAT gateways', nats, 'nat');
  add('Network', 'endpoints, in each zone', endpoints.length * zones, 'endpoint');
  // One for each NAT, and one in each zone for the load balancer.
  add('Network', 'public addresses', nats + inventory.count('aws_lb') * zones, 'address');
  add('Edge', 'load balancer', inventory.count('aws_lb'), 'loadBalancer');
  add('Edge', 'WAF', inventory.count('aws_wafv2_web_acl'), 'firewall');
  add('Edge', 'rules of WAF', rules.length, 'firewallRule');
  const namespaces = inventory.count('aws_service_discovery_private_dns_namespace');
  const hasDomain = inventory.settings.domain !== null;
  add('Edge', 'zones of names', namespaces + Number(hasDomain), 'hostedZone');
}

function addSight(inventory: Inventory, preset: PresetName, add: Add): void {
  // RDS keeps the owner's password in one that it makes.
  const secrets = inventory.count('aws_secretsmanager_secret') + inventory.count('aws_db_instance');
  const tracked = inventory.count('aws_appautoscaling_policy') * ALARMS_PER_SCALING_POLICY;
  // An alarm over an expression counts once for each metric in it.
  const watched = inventory
    .all('aws_cloudwatch_metric_alarm')
    .map(({ metric_query: query }) =>
      Array.isArray(query) ? query.filter((entry) => 'metric' in entry).length : 1,
    );
  const alarms = tracked + watched.reduce((all, metrics) => all + metrics, 0);
  const services = inventory.count('aws_ecs_service');
  const metrics = OWN_METRICS + ECS_METRICS.cluster + services * ECS_METRICS.service;
  const gigabytes = IDLE_LOG_GIGABYTES[preset];
  const months = inventory.settings.logDays / 30;
  add('Secrets', 'secrets', secrets, 'secret');
  add('Secrets', 'keys', inventory.count('aws_kms_key'), 'key');
  add('Sight', 'metrics, ours and of ECS', metrics, 'metric');
  add('Sight', 'metrics of alarms', alarms, 'alarm');
  add('Sight', 'dashboard', inventory.count('aws_cloudwatch_dashboard'), 'dashboard');
  add('Sight', 'logs without payments, GB', gigabytes, 'logGigabyte');
  add('Sight', 'logs kept, GB', Math.round(gigabytes * months), 'logGigabyteKept');
  add('Images', 'images, GB', IMAGE_GIGABYTES, 'imageGigabyte');
}
