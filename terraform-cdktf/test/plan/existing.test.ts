/** Teams who have a network or servers of their own: what is there is used, and not made again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, loadPlan } from '../support/plan.ts';
import { containerOf } from '../support/tasks.ts';
import { existing } from '../support/variants.ts';

const plan = loadPlan('existing');

function environmentOf(role: string): Record<string, string> {
  const { environment } = containerOf(plan, role);
  return Object.fromEntries(environment.map(({ name, value }) => [name, value]));
}

describe('a network of its own', () => {
  it('leaves out ours', () => {
    const types = [
      'vpc',
      'subnet',
      'nat_gateway',
      'internet_gateway',
      'route',
      'eip',
      'vpc_endpoint',
    ];
    for (const type of types) assert.deepEqual(plan.all(`aws_${type}`), [], type);
    // What a team has in its network is not ours to close.
    assert.deepEqual(plan.all('aws_default_security_group'), []);
  });

  it('has our tasks in its private subnets and our load balancer in its public ones', () => {
    for (const { values } of plan.all('aws_ecs_service')) {
      const subnets = at(values, 'network_configuration.0.subnets') as string[];
      assert.deepEqual(subnets.toSorted(), existing.existingPrivateSubnetIds);
    }
    const { subnets } = plan.only('aws_lb').values;
    assert.deepEqual((subnets as string[]).toSorted(), existing.existingPublicSubnetIds);
    for (const { values } of plan.all('aws_security_group')) {
      assert.equal(values.vpc_id, existing.existingVpcId);
    }
  });
});

describe('servers of its own', () => {
  it('leave out ours', () => {
    const types = ['db_instance', 'elasticache_replication_group', 'msk_cluster'];
    for (const type of types) assert.deepEqual(plan.all(`aws_${type}`), [], type);
    const groups = plan.all('aws_security_group').map(({ name }) => name);
    assert.deepEqual(
      groups.filter((name) => /postgres|redis|kafka/.test(name)),
      [],
    );
  });

  it('are where the tasks look for them', () => {
    const api = environmentOf('api');
    assert.equal(api.DATABASE_HOST, existing.existingPostgresHost);
    assert.equal(api.REDIS_HOST, existing.existingRedisHost);
    assert.equal(environmentOf('worker').KAFKA_BROKERS, existing.existingKafkaBrokers);
  });

  it('are given their own secrets', () => {
    const from = (role: string, name = role) =>
      containerOf(plan, role, name)
        .secrets.map(({ valueFrom }) => valueFrom)
        .join(' ');
    assert.ok(from('api', 'migrate').includes(existing.existingPostgresOwnerSecretArn));
    assert.ok(from('api').includes(existing.existingRedisSecretArn));
    assert.ok(from('worker').includes(existing.existingKafkaSecretArn));
    assert.ok(!from('api').includes(existing.existingPostgresOwnerSecretArn));
  });

  it('have no alarm and no log of ours', () => {
    const watched = plan.all('aws_cloudwatch_metric_alarm').map(({ values }) => values.namespace);
    const servers = watched.filter((one) => /RDS|ElastiCache|Kafka/.test(String(one)));
    assert.deepEqual(servers, []);
  });
});

describe('without autoscaling', () => {
  it('nothing of it is made, and the number of tasks is the setting’s', () => {
    assert.deepEqual(
      plan.types.filter((type) => type.startsWith('aws_appautoscaling')),
      [],
    );
    for (const { source, address } of plan.all('aws_ecs_service')) {
      assert.equal(at(source, 'lifecycle.ignore_changes'), undefined, address);
    }
  });
});
