import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, loadPlan, type Plan, type Resource, references, refersTo } from '../support/plan.ts';

/** `name=value` lines of the brokers' configuration. */
function brokerSettings(plan: Plan): Record<string, string> {
  const text = String(plan.only('aws_msk_configuration').values.server_properties);
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.split('=')),
  );
}

function parametersOf({ values }: Resource): Record<string, unknown> {
  const parameters = values.parameter as { name: string; value: string }[];
  return Object.fromEntries(parameters.map(({ name, value }) => [name, value]));
}

for (const variant of ['sandbox', 'production'] as const) {
  describe(`servers of ${variant}`, () => {
    const plan = loadPlan(variant);
    const postgres = plan.only('aws_db_instance');
    const redis = plan.only('aws_elasticache_replication_group');
    const kafka = plan.only('aws_msk_cluster');
    const dataKey = (value: unknown) =>
      references(value).filter((one) => one.startsWith('aws_kms_key'));

    it('store everything encrypted under a key of ours', () => {
      assert.equal(postgres.values.storage_encrypted, true);
      assert.equal(String(redis.values.at_rest_encryption_enabled), 'true');
      for (const key of [
        postgres.source.kms_key_id,
        redis.source.kms_key_id,
        at(kafka.source, 'encryption_info.encryption_at_rest_kms_key_arn'),
      ]) {
        assert.equal(dataKey(key).length, 1);
      }
    });

    it('have a group each that lets in tasks alone, and no public address', () => {
      assert.equal(postgres.values.publicly_accessible, false);
      const groups = [
        postgres.source.vpc_security_group_ids,
        redis.source.security_group_ids,
        at(kafka.source, 'broker_node_group_info.security_groups'),
      ].map((each) => references(each));
      assert.equal(new Set(groups.flat()).size, 3);
    });

    it('take TLS alone', () => {
      const parameters = parametersOf(plan.only('aws_db_parameter_group'));
      assert.equal(parameters['rds.force_ssl'], '1');
      assert.equal(redis.values.transit_encryption_enabled, true);
      const inTransit = at(kafka.values, 'encryption_info.0.encryption_in_transit.0');
      assert.deepEqual(inTransit, { client_broker: 'TLS', in_cluster: true });
    });

    it('ask who is there: a password each, by SCRAM at Kafka', () => {
      assert.ok(String(redis.source.auth_token).startsWith('${'));
      assert.equal(at(kafka.values, 'client_authentication.0.sasl.0.scram'), true);
      assert.notEqual(at(kafka.values, 'client_authentication.0.unauthenticated'), true);
      assert.equal(postgres.values.manage_master_user_password, true);
    });

    it('Redis evicts nothing (RED-5)', () => {
      const parameters = plan.only('aws_elasticache_parameter_group');
      assert.equal(parametersOf(parameters)['maxmemory-policy'], 'noeviction');
      assert.ok(refersTo(redis.source.parameter_group_name, parameters));
    });

    it('Kafka makes no topic by itself, and never elects a broker that lacks messages', () => {
      const settings = brokerSettings(plan);
      assert.equal(settings['auto.create.topics.enable'], 'false');
      assert.equal(settings['unclean.leader.election.enable'], 'false');
      assert.ok(references(kafka.source.configuration_info).length > 0);
    });

    it('keep their own logs', () => {
      assert.deepEqual(postgres.values.enabled_cloudwatch_logs_exports, ['postgresql', 'upgrade']);
      assert.equal(
        at(kafka.values, 'logging_info.0.broker_logs.0.cloudwatch_logs.0.enabled'),
        true,
      );
    });

    it('write no value of a statement into a log', () => {
      assert.equal(parametersOf(plan.only('aws_db_parameter_group')).log_parameter_max_length, '0');
    });
  });
}

describe('servers of the sandbox', () => {
  const plan = loadPlan('sandbox');

  it('are the smallest, and one of each that can be one', () => {
    const { values } = plan.only('aws_db_instance');
    assert.deepEqual([values.instance_class, values.multi_az], ['db.t4g.micro', false]);
    const redis = plan.only('aws_elasticache_replication_group').values;
    assert.deepEqual([redis.node_type, redis.num_cache_clusters], ['cache.t4g.micro', 1]);
    const kafka = plan.only('aws_msk_cluster').values;
    assert.equal(kafka.number_of_broker_nodes, 2);
    assert.equal(at(kafka, 'broker_node_group_info.0.instance_type'), 'kafka.t3.small');
  });

  it('keep each message twice', () => {
    const settings = brokerSettings(plan);
    assert.equal(settings['default.replication.factor'], '2');
    assert.equal(settings['min.insync.replicas'], '1');
  });
});

describe('servers of production', () => {
  const plan = loadPlan('production');
  const postgres = plan.only('aws_db_instance').values;
  const redis = plan.only('aws_elasticache_replication_group').values;

  it('Postgres stands in two zones and can go back 14 days', () => {
    assert.equal(postgres.multi_az, true);
    assert.equal(postgres.backup_retention_period, 14);
    assert.equal(postgres.copy_tags_to_snapshot, true);
    assert.equal(postgres.delete_automated_backups, false);
  });

  it('Postgres can be upgraded: another family has parameters of its own beside the old ones', () => {
    assert.equal(postgres.allow_major_version_upgrade, true);
    const { values, source } = plan.only('aws_db_parameter_group');
    assert.ok(String(values.name).endsWith(`-${values.family}`));
    assert.equal(at(source, 'lifecycle.create_before_destroy'), true);
  });

  it('change when an apply says so, and not in some night after it', () => {
    assert.deepEqual([postgres.apply_immediately, redis.apply_immediately], [true, true]);
  });

  it('Kafka’s disks grow before they are full, and Terraform does not shrink them', () => {
    const target = plan
      .all('aws_appautoscaling_target')
      .find(({ values }) => values.service_namespace === 'kafka');
    const cluster = plan.only('aws_msk_cluster');
    assert.ok(target && refersTo(target.source.resource_id, cluster));
    assert.equal(target.values.scalable_dimension, 'kafka:broker-storage:VolumeSize');
    const ordered = at(
      cluster.values,
      'broker_node_group_info.0.storage_info.0.ebs_storage_info.0.volume_size',
    );
    assert.ok(Number(target.values.max_capacity) > Number(ordered));
    assert.match(String(at(cluster.source, 'lifecycle.ignore_changes')), /volume_size/);
    const policy = plan
      .all('aws_appautoscaling_policy')
      .find(({ source }) => refersTo(source.resource_id, target));
    const path = 'target_tracking_scaling_policy_configuration.0';
    const tracked = at(policy?.values, path) as Record<string, unknown>;
    assert.deepEqual([tracked.disable_scale_in, tracked.target_value], [true, 60]);
  });

  it('Postgres grows before its disk is full', () => {
    assert.ok(Number(postgres.max_allocated_storage) > Number(postgres.allocated_storage));
  });

  it('Redis fails over to another zone by itself (RED-6)', () => {
    assert.equal(redis.automatic_failover_enabled, true);
    assert.equal(redis.multi_az_enabled, true);
    assert.ok(Number(redis.num_cache_clusters) >= 2);
  });

  it('Kafka has a broker in each of three zones, three copies, two of them before it says yes', () => {
    const kafka = plan.only('aws_msk_cluster');
    assert.equal(kafka.values.number_of_broker_nodes, 3);
    const zones = references(at(kafka.source, 'broker_node_group_info.client_subnets'));
    assert.equal(zones.length, 3);
    const settings = brokerSettings(plan);
    assert.equal(settings['default.replication.factor'], '3');
    assert.equal(settings['min.insync.replicas'], '2');
    assert.equal(settings['offsets.topic.replication.factor'], '3');
    assert.equal(settings['transaction.state.log.min.isr'], '2');
  });
});
