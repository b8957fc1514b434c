import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadPlan, type Plan, type Resource, references } from '../support/plan.ts';
import { sandbox } from '../support/variants.ts';

const INGRESS = 'aws_vpc_security_group_ingress_rule';
const EGRESS = 'aws_vpc_security_group_egress_rule';

const [groupOf, otherOf] = ['security_group_id', 'referenced_security_group_id'].map(
  (name) => (rule: Resource) => references(rule.source[name])[0]?.split('.')[1] ?? null,
) as [(rule: Resource) => string | null, (rule: Resource) => string | null];

/** `api <- load_balancer :8080` for each rule between two groups. */
function doors(plan: Plan): string[] {
  return plan
    .all(INGRESS)
    .filter((rule) => otherOf(rule) !== null)
    .map((rule) => `${groupOf(rule)} <- ${otherOf(rule)} :${rule.values.from_port}`)
    .map((door) => door.replaceAll('groups_', ''))
    .filter((door) => !door.startsWith('endpoints'))
    .sort();
}

const rangesInto = (plan: Plan) =>
  plan.all(INGRESS).filter(({ values }) => values.cidr_ipv4 || values.cidr_ipv6);

for (const variant of ['sandbox', 'production', 'existing'] as const) {
  describe(`security groups of ${variant}`, () => {
    const plan = loadPlan(variant);
    const groups = plan.all('aws_security_group');

    it('hold no rules themselves: each rule is a resource with a name and a reason', () => {
      for (const { source, address } of groups) {
        assert.deepEqual([source.ingress, source.egress], [undefined, undefined], address);
      }
      for (const { values, address } of [...plan.all(INGRESS), ...plan.all(EGRESS)]) {
        assert.match(String(values.description), /\w/, address);
      }
    });

    it('open one port at a time, over TCP', () => {
      for (const { values, address } of [...plan.all(INGRESS), ...plan.all(EGRESS)]) {
        assert.equal(values.ip_protocol, 'tcp', address);
        assert.equal(values.from_port, values.to_port, address);
      }
    });

    it('admit addresses to the load balancer alone', () => {
      const doorsToTheWorld = rangesInto(plan).map((rule) => groupOf(rule));
      assert.deepEqual([...new Set(doorsToTheWorld)], ['groups_load_balancer']);
    });

    it('never open the ops port, unless a group of operators is named', () => {
      const ports = [...plan.all(INGRESS), ...plan.all(EGRESS)].map(({ values }) => values.to_port);
      assert.ok(!ports.includes(9_090));
    });

    it('are one for each service', () => {
      const services = plan.all('aws_ecs_service');
      const used = services.map(({ source }) =>
        references(source.network_configuration).filter((one) =>
          one.startsWith('aws_security_group'),
        ),
      );
      for (const one of used) assert.equal(one.length, 1);
      assert.equal(new Set(used.flat()).size, services.length);
    });
  });
}

describe('who may talk to whom', () => {
  const SERVERS = [
    'api <- load_balancer :8080',
    'postgres <- api :5432',
    'postgres <- worker :5432',
    'redis <- api :6379',
    'kafka <- worker :9096',
  ];

  it('in production', () => {
    assert.deepEqual(doors(loadPlan('production')), SERVERS.toSorted());
  });

  it('in the sandbox, where the simulators are', () => {
    const simulators = ['simulators <- api :9100', 'simulators <- worker :9100'];
    const callbacks = doors(loadPlan('sandbox')).filter((door) => !SERVERS.includes(door));
    assert.deepEqual(callbacks, simulators);
  });

  it('has both ends of each connection between groups', () => {
    const plan = loadPlan('production');
    const ways = plan
      .all(EGRESS)
      .filter((rule) => otherOf(rule) !== null)
      .map((rule) => `${otherOf(rule)} <- ${groupOf(rule)} :${rule.values.from_port}`)
      .map((door) => door.replaceAll('groups_', ''))
      .sort();
    assert.deepEqual(ways, doors(plan));
  });

  it('admits the world to production by HTTPS, and by nothing else', () => {
    const rules = rangesInto(loadPlan('production'));
    assert.deepEqual(
      rules.map(({ values }) => `${values.cidr_ipv4}:${values.from_port}`),
      ['0.0.0.0/0:443'],
    );
  });

  it('admits the listed addresses to a sandbox without a domain, by HTTP', () => {
    const rules = rangesInto(loadPlan('sandbox'));
    assert.deepEqual(
      rules.map(({ values }) => `${values.cidr_ipv4}:${values.from_port}`).sort(),
      sandbox.allowedCidrs.map((range) => `${range}:80`).sort(),
    );
  });
});
