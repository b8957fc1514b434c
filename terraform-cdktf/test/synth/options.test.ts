/** What single settings do, beyond the presets: asserted on the synthesized JSON, which needs no plan. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Settings } from '../../settings/schema.ts';
import { at, type Json, references } from '../support/plan.ts';
import { type Given, settingsOf, synthesize } from '../support/synthesize.ts';
import { existing, production, STACKS, sandbox } from '../support/variants.ts';

const gateway = (given: Given): Json => JSON.parse(synthesize('gateway', settingsOf(given)));
const withSettings = (given: Given, changes: Partial<Settings>) =>
  gateway({ ...given, ...changes });

/** Blocks of one type, by name. */
const blocks = (stack: Json, type: string) =>
  Object.entries((at(stack, `resource.${type}`) ?? {}) as Record<string, Json>);
const sources = (stack: Json, type: string) => blocks(stack, type).map(([, source]) => source);

const certificate = 'arn:aws:acm:eu-west-1:123456789012:certificate/1';

describe('a domain makes a sandbox HTTPS', () => {
  const stack = withSettings(sandbox, {
    domain: 'try.example.com',
    hostedZoneId: 'Z0123456789ABC',
    allowedCidrs: [],
  });

  it('with a certificate of its own, and no port 80', () => {
    const listeners = sources(stack, 'aws_lb_listener');
    assert.deepEqual(
      listeners.map(({ port, protocol }) => [port, protocol]),
      [[443, 'HTTPS']],
    );
    assert.equal(blocks(stack, 'aws_acm_certificate').length, 1);
  });

  it('and lets providers call back', () => {
    const text = JSON.stringify(sources(stack, 'aws_ecs_task_definition'));
    assert.match(text, /PUBLIC_URL.{1,40}https:\/\/try\.example\.com/);
  });
});

describe('a certificate that a team has', () => {
  it('is served, and none is made', () => {
    const stack = withSettings(production, {
      existingCertificateArn: certificate,
      domain: null,
      hostedZoneId: null,
    });
    const [listener] = sources(stack, 'aws_lb_listener');
    assert.equal(listener?.certificate_arn, certificate);
    assert.deepEqual(blocks(stack, 'aws_acm_certificate'), []);
    assert.deepEqual(blocks(stack, 'aws_route53_record'), []);
  });
});

describe('listed addresses', () => {
  it('are the only ones that reach production, too, when there are some', () => {
    const stack = withSettings(production, { allowedCidrs: ['203.0.113.0/24'] });
    const ranges = sources(stack, 'aws_vpc_security_group_ingress_rule')
      .map(({ cidr_ipv4: range }) => range)
      .filter(Boolean);
    assert.deepEqual(ranges, ['203.0.113.0/24']);
  });
});

describe('zones by name', () => {
  it('take the place of the first ones of the region', () => {
    const stack = withSettings(sandbox, { zoneNames: ['eu-west-1b', 'eu-west-1c'] });
    const zones = sources(stack, 'aws_subnet').map(({ availability_zone: zone }) => zone);
    assert.deepEqual([...new Set(zones)].sort(), ['eu-west-1b', 'eu-west-1c']);
  });

  it('are in the region, and as many as zones', () => {
    for (const zoneNames of [
      ['eu-west-1b'],
      ['us-east-1a', 'us-east-1b'],
      ['eu-west-1a', 'eu-west-1a'],
    ]) {
      assert.throws(() => settingsOf({ ...sandbox, zoneNames }), /zoneNames/);
    }
  });
});

describe('operators', () => {
  const operators = 'sg-0123456789abcdef0';
  const stack = withSettings(production, { operatorSecurityGroupId: operators });
  const rules = sources(stack, 'aws_vpc_security_group_ingress_rule');

  it('are let in to each server and to the ops ports, by their group alone', () => {
    const doors = rules
      .filter(({ referenced_security_group_id: from }) => from === operators)
      .map(({ security_group_id: into, from_port: port }) => `${references(into)[0]} ${port}`);
    assert.deepEqual(doors.sort(), [
      'aws_security_group.groups_api 9090',
      'aws_security_group.groups_kafka 9096',
      'aws_security_group.groups_postgres 5432',
      'aws_security_group.groups_redis 6379',
      'aws_security_group.groups_worker 9090',
    ]);
  });

  it('are told where the servers are', () => {
    const servers = at(stack, 'output.servers.value') as Record<string, string>;
    assert.deepEqual(Object.keys(servers).sort(), ['kafka', 'postgres', 'redis']);
  });
});

describe('existing servers', () => {
  it('are called where they are said to be, and nowhere else', () => {
    const stack = withSettings(existing, { existingServerCidrs: ['10.1.2.0/24'] });
    const ranges = sources(stack, 'aws_vpc_security_group_egress_rule')
      .filter(({ from_port: port }) => port !== 443)
      .map(({ cidr_ipv4: range }) => range)
      .filter(Boolean);
    assert.deepEqual([...new Set(ranges)], ['10.1.2.0/24']);
  });
});

describe('deletion in two deliberate steps', () => {
  it('begins with an apply that lifts every protection', () => {
    const stack = withSettings(production, { deletionProtection: false });
    const registry = synthesize(
      'registry',
      settingsOf({ ...production, deletionProtection: false }),
    );
    for (const text of [JSON.stringify(stack), registry]) {
      assert.doesNotMatch(text, /"prevent_destroy": ?true/);
      assert.doesNotMatch(text, /"(enable_)?deletion_protection": ?true/);
    }
    assert.equal(at(sources(stack, 'aws_db_instance'), '0.skip_final_snapshot'), false);
  });
});

describe('the state', () => {
  it('lies in a bucket, encrypted and locked by a file, when one is named', () => {
    for (const stack of STACKS) {
      const settings = settingsOf({ ...production, stateBucket: 'our-state' });
      const { s3 } = JSON.parse(synthesize(stack, settings)).terraform.backend;
      assert.equal(s3.bucket, 'our-state');
      assert.equal(s3.key, `gateway/${stack}.tfstate`);
      assert.equal(s3.encrypt, true);
      assert.equal(s3.use_lockfile, true);
      assert.equal(s3.region, 'eu-west-1');
    }
  });

  it('is one for each deployment and stack: none is taken for another', () => {
    const places = ['one', 'two'].flatMap((name) =>
      STACKS.map((stack) => {
        const { backend } = JSON.parse(
          synthesize(stack, settingsOf({ ...production, name, stateBucket: 'our-state' })),
        ).terraform;
        return backend.s3.key;
      }),
    );
    assert.equal(new Set(places).size, 4);
  });

  it('holds one secret, the AUTH token of Redis, which has no write-only form', () => {
    const drawn = /random_password|uuid\(\)/;
    for (const given of [sandbox, production]) {
      const { resource } = gateway(given) as { resource: Record<string, Record<string, Json>> };
      const found = Object.entries(resource).flatMap(([type, named]) =>
        Object.values(named).flatMap((source) =>
          Object.entries(source)
            .filter(([, value]) => drawn.test(JSON.stringify(value)))
            .map(([attribute]) => `${type}.${attribute}`),
        ),
      );
      assert.deepEqual([...new Set(found)].sort(), [
        'aws_elasticache_replication_group.auth_token',
        'aws_secretsmanager_secret_version.secret_string_wo',
      ]);
    }
  });
});

describe('a rotation by credentialsVersion', () => {
  const versions = [1, 2].map((credentialsVersion) =>
    withSettings(production, { credentialsVersion }),
  );
  const secrets = versions.map((stack) => blocks(stack, 'aws_secretsmanager_secret'));
  const usersOfKafka = secrets.map((all) =>
    all.filter(([, { name }]) => String(name).startsWith('AmazonMSK_')).map(([id]) => id),
  );

  it('makes a second user of Kafka, and the first one stays', () => {
    const [before = [], after = []] = usersOfKafka;
    assert.deepEqual(
      after.filter((id) => before.includes(id)),
      before,
    );
    assert.equal(after.length, before.length + 1);
  });

  it('gives the workers the new one', () => {
    const given = versions.map((stack) => {
      const [, worker] =
        blocks(stack, 'aws_ecs_task_definition').find(([id]) => id.startsWith('worker')) ?? [];
      return /"KAFKA_PASSWORD","valueFrom":"([^"]+)"/.exec(
        String(worker?.container_definitions),
      )?.[1];
    });
    assert.ok(given[0] && given[1]);
    assert.notEqual(given[0], given[1]);
  });

  it('makes another role in Postgres', () => {
    const writes = versions.map((stack) =>
      blocks(stack, 'aws_secretsmanager_secret_version').find(([id]) => id.includes('database')),
    );
    const [before, after] = writes.map((write) => write?.[1]);
    assert.notEqual(before?.secret_string_wo_version, after?.secret_string_wo_version);
    assert.match(String(before?.secret_string_wo), /gateway_app_1/);
    assert.match(String(after?.secret_string_wo), /gateway_app_2/);
  });
});

describe('ECS Exec, when it is opened', () => {
  const stack = withSettings(production, { executeCommand: true });

  it('records and encrypts every session', () => {
    const [cluster] = sources(stack, 'aws_ecs_cluster');
    const path = 'configuration.execute_command_configuration';
    assert.equal(at(cluster, `${path}.logging`), 'OVERRIDE');
    assert.match(String(references(at(cluster, `${path}.kms_key_id`))), /aws_kms_key/);
    const log = at(cluster, `${path}.log_configuration`);
    assert.equal(at(log, 'cloud_watch_encryption_enabled'), true);
  });
});
