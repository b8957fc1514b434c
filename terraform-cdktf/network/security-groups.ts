/** One group for each role. Who may talk to whom is the table below, and nothing else may. */
import {
  Construct,
  SecurityGroup,
  VpcSecurityGroupEgressRule,
  VpcSecurityGroupIngressRule,
} from '../cdktf.ts';
import { isHttps, portsOf } from '../settings/ports.ts';
import type { Settings } from '../settings/schema.ts';
import type { Context, Network, SecurityGroups } from '../stacks/parts.ts';
import { admitOperators } from './operators.ts';
import { ANYWHERE } from './ranges.ts';

type Role = keyof SecurityGroups;
type Made = Partial<Record<Role, SecurityGroup>>;

const descriptions: Record<Role, string> = {
  loadBalancer: 'Load balancer: merchants and providers call it',
  api: 'api tasks: reached by the load balancer alone',
  worker: 'worker tasks: reached by nobody',
  simulators: 'Simulated providers: reached by api and worker',
  postgres: 'Postgres: reached by api and worker',
  redis: 'Redis: reached by api',
  kafka: 'Kafka: reached by worker',
};

/** Server groups exist when the server is ours; simulators when there are some. */
function rolesOf(settings: Settings): Role[] {
  const roles: Role[] = ['loadBalancer', 'api', 'worker'];
  if (settings.simulators) roles.push('simulators');
  if (settings.existingPostgresHost === null) roles.push('postgres');
  if (settings.existingRedisHost === null) roles.push('redis');
  if (settings.existingKafkaBrokers === null) roles.push('kafka');
  return roles;
}

export function makeSecurityGroups(context: Context, network: Network): SecurityGroups {
  const { stack, settings } = context;
  const scope = new Construct(stack, 'groups');
  const groups: Made = {};
  for (const role of rolesOf(settings)) {
    groups[role] = new SecurityGroup(scope, snake(role), {
      name: `${settings.name}-${snake(role).replace('_', '-')}`,
      description: descriptions[role],
      vpcId: network.vpcId,
      tags: { Name: `${settings.name}-${snake(role).replace('_', '-')}` },
    });
  }
  const rules = new Rules(scope, groups);
  addRules(rules, settings);
  const idOf = (role: Role) => groups[role]?.id ?? null;
  const ids: SecurityGroups = {
    loadBalancer: groups.loadBalancer!.id,
    api: groups.api!.id,
    worker: groups.worker!.id,
    simulators: idOf('simulators'),
    postgres: idOf('postgres'),
    redis: idOf('redis'),
    kafka: idOf('kafka'),
  };
  admitOperators(scope, settings, ids);
  return ids;
}

function addRules(rules: Rules, settings: Settings): void {
  const ports = portsOf(settings);
  const entrance = isHttps(settings) ? 443 : 80;
  // Without a certificate only those that a team has listed: keys would travel readable.
  const callers = settings.allowedCidrs.length > 0 ? settings.allowedCidrs : [ANYWHERE];
  for (const range of callers) rules.admit('loadBalancer', range, entrance);
  rules.connect('loadBalancer', 'api', ports.api);
  const wanted: [Role, Role, number][] = [
    ['api', 'postgres', ports.postgres],
    ['api', 'redis', ports.redis],
    ['worker', 'postgres', ports.postgres],
    ...ports.kafka.map((port): [Role, Role, number] => ['worker', 'kafka', port]),
    ['api', 'simulators', ports.simulators],
    ['worker', 'simulators', ports.simulators],
  ];
  for (const [from, to, port] of wanted) {
    if (rules.has(to)) rules.connect(from, to, port);
    // A server that exists already has a group that we do not know; its team admits ours.
    else if (to !== 'simulators') {
      for (const range of settings.existingServerCidrs) rules.release(from, range, port);
    }
  }
  // Providers, and AWS itself: images, logs, secrets.
  for (const from of ['api', 'worker', 'simulators'] as const) {
    if (rules.has(from)) rules.release(from, ANYWHERE, 443);
  }
}

/** One resource for each rule, so that a plan names the rule that changes. */
class Rules {
  readonly #scope: Construct;
  readonly #groups: Made;

  constructor(scope: Construct, groups: Made) {
    this.#scope = scope;
    this.#groups = groups;
  }

  has(role: Role): boolean {
    return this.#groups[role] !== undefined;
  }

  /** Both ends: out of the one group, into the other. */
  connect(from: Role, to: Role, port: number): void {
    const name = `${snake(from)}_to_${snake(to)}_${port}`;
    const tcp = { ipProtocol: 'tcp', fromPort: port, toPort: port };
    new VpcSecurityGroupEgressRule(this.#scope, `${name}_out`, {
      ...tcp,
      securityGroupId: this.#groups[from]!.id,
      referencedSecurityGroupId: this.#groups[to]!.id,
      description: `to ${snake(to)}`,
    });
    new VpcSecurityGroupIngressRule(this.#scope, `${name}_in`, {
      ...tcp,
      securityGroupId: this.#groups[to]!.id,
      referencedSecurityGroupId: this.#groups[from]!.id,
      description: `from ${snake(from)}`,
    });
  }

  admit(to: Role, range: string, port: number): void {
    new VpcSecurityGroupIngressRule(this.#scope, `${snake(to)}_from_${idOf(range)}_${port}`, {
      securityGroupId: this.#groups[to]!.id,
      cidrIpv4: range,
      ipProtocol: 'tcp',
      fromPort: port,
      toPort: port,
      description: range === ANYWHERE ? 'merchants and providers' : 'a listed address',
    });
  }

  release(from: Role, range: string, port: number): void {
    new VpcSecurityGroupEgressRule(this.#scope, `${snake(from)}_to_${idOf(range)}_${port}`, {
      securityGroupId: this.#groups[from]!.id,
      cidrIpv4: range,
      ipProtocol: 'tcp',
      fromPort: port,
      toPort: port,
      description: range === ANYWHERE ? 'providers and AWS' : 'a server that exists already',
    });
  }
}

const snake = (role: Role) => role.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const idOf = (range: string) => (range === ANYWHERE ? 'anywhere' : range.replaceAll(/[./]/g, '_'));
