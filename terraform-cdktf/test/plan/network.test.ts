import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadPlan, type Plan, references, refersTo } from '../support/plan.ts';
import { statementsOf } from '../support/policies.ts';

const zonesOf = (plan: Plan) =>
  [...new Set(plan.all('aws_subnet').map(({ values }) => values.availability_zone))].sort();

/** Subnets whose route table leads to the internet itself. */
function publicSubnets(plan: Plan): string[] {
  const gateway = plan.only('aws_internet_gateway');
  const open = plan.all('aws_route').filter(({ source }) => refersTo(source, gateway));
  const tables = open.flatMap(({ source }) => references(source.route_table_id));
  return plan
    .all('aws_route_table_association')
    .filter(({ source }) => references(source.route_table_id).some((one) => tables.includes(one)))
    .flatMap(({ source }) => references(source.subnet_id))
    .sort();
}

describe('the network of the sandbox', () => {
  const plan = loadPlan('sandbox');

  it('has two zones and one NAT', () => {
    assert.deepEqual(zonesOf(plan), ['eu-west-1a', 'eu-west-1b']);
    assert.equal(plan.all('aws_nat_gateway').length, 1);
    assert.equal(plan.all('aws_eip').length, 1);
  });

  it('pays for no endpoint', () => {
    assert.deepEqual(plan.all('aws_vpc_endpoint'), []);
  });
});

describe('the network of production', () => {
  const plan = loadPlan('production');

  it('has three zones with a NAT each', () => {
    assert.deepEqual(zonesOf(plan), ['eu-west-1a', 'eu-west-1b', 'eu-west-1c']);
    const nats = plan.all('aws_nat_gateway');
    const subnets = new Set(nats.flatMap(({ source }) => references(source.subnet_id)));
    assert.equal(subnets.size, 3);
  });

  it('routes each private subnet through the NAT of its own zone', () => {
    const toNat = plan.all('aws_route').filter(({ source }) => source.nat_gateway_id !== undefined);
    const nats = new Set(toNat.map(({ source }) => source.nat_gateway_id));
    assert.equal(nats.size, 3);
  });

  it('reaches ECR, S3, logs, secrets and KMS by endpoints', () => {
    const names = plan.all('aws_vpc_endpoint').map(({ values }) => String(values.service_name));
    assert.deepEqual(names.map((name) => name.replace('com.amazonaws.eu-west-1.', '')).sort(), [
      'ecr.api',
      'ecr.dkr',
      'kms',
      'logs',
      's3',
      'secretsmanager',
    ]);
    for (const { values, address } of plan.all('aws_vpc_endpoint')) {
      if (values.vpc_endpoint_type !== 'Interface') continue;
      assert.equal(values.private_dns_enabled, true, address);
    }
  });
});

for (const variant of ['sandbox', 'production'] as const) {
  describe(`the network of ${variant}, like every other`, () => {
    const plan = loadPlan(variant);

    it('gives nobody a public address for standing in a subnet', () => {
      for (const { values, address } of plan.all('aws_subnet')) {
        assert.equal(values.map_public_ip_on_launch, false, address);
      }
    });

    it('has a public and a private subnet in each zone, and no two share an address', () => {
      const subnets = plan.all('aws_subnet');
      const open = publicSubnets(plan);
      const places = subnets.map(({ values, address }) => {
        return `${values.availability_zone} ${open.includes(address) ? 'public' : 'private'}`;
      });
      const wanted = zonesOf(plan).flatMap((zone) => [`${zone} private`, `${zone} public`]);
      assert.deepEqual(places.sort(), wanted);
      const ranges = subnets.map(({ values }) => values.cidr_block);
      assert.equal(new Set(ranges).size, ranges.length);
    });

    it('keeps tasks and servers in private subnets, and the load balancer in public ones', () => {
      const open = publicSubnets(plan);
      const hidden = [
        ...plan.all('aws_ecs_service'),
        ...plan.all('aws_db_subnet_group'),
        ...plan.all('aws_elasticache_subnet_group'),
        ...plan.all('aws_msk_cluster'),
      ];
      assert.ok(hidden.length >= 5);
      for (const { source, address } of hidden) {
        const subnets = references(source).filter((one) => one.startsWith('aws_subnet.'));
        assert.notEqual(subnets.length, 0, address);
        assert.deepEqual(
          subnets.filter((one) => open.includes(one)),
          [],
          address,
        );
      }
      assert.deepEqual(references(plan.only('aws_lb').source.subnets), open);
    });

    it('records who talked to whom', () => {
      const flows = plan.only('aws_flow_log');
      assert.equal(flows.values.traffic_type, 'ALL');
      assert.ok(refersTo(flows.source, plan.only('aws_vpc')));
    });

    it('lets flow logs be written before they are asked for, with what AWS says they need', () => {
      const { source } = plan.only('aws_flow_log');
      const ready = references(source.depends_on);
      const policy = plan.all('aws_iam_role_policy').find(({ address }) => ready.includes(address));
      const granted = statementsOf(policy?.source.policy).flatMap(({ actions }) => actions);
      assert.deepEqual(granted.sort(), [
        'logs:CreateLogGroup',
        'logs:CreateLogStream',
        'logs:DescribeLogGroups',
        'logs:DescribeLogStreams',
        'logs:PutLogEvents',
      ]);
    });

    it('lets nobody into the group that AWS makes by itself', () => {
      const group = plan.only('aws_default_security_group');
      assert.deepEqual([group.source.ingress ?? [], group.source.egress ?? []], [[], []]);
    });
  });
}
