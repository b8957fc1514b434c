import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, loadPlan, type Plan, references, refersTo } from '../support/plan.ts';
import { STUB_SECRET } from '../support/stub-aws.ts';
import { PLANNED, type VariantName } from '../support/variants.ts';

const plans = PLANNED.map(({ variant, stack }) => ({
  where: `${variant} ${stack}`,
  plan: loadPlan(variant, stack),
}));

/** Secrets, and the version of each. */
function versionsOf(plan: Plan) {
  const versions = plan.all('aws_secretsmanager_secret_version');
  return plan.all('aws_secretsmanager_secret').map((secret) => ({
    secret,
    versions: versions.filter(({ source }) => refersTo(source.secret_id, secret)),
  }));
}

describe('secrets', () => {
  it('stand in no plan, and so in no state', () => {
    for (const { where, plan } of plans) assert.ok(!plan.text.includes(STUB_SECRET), where);
  });

  it('are drawn by AWS in an ephemeral resource and written by a write-only argument', () => {
    for (const { where, plan } of plans) {
      for (const { source, values, address } of plan.all('aws_secretsmanager_secret_version')) {
        assert.equal(source.secret_string, undefined, `${where} ${address}`);
        assert.ok(String(source.secret_string_wo).includes('jsonencode('), `${where} ${address}`);
        assert.ok(Number(values.secret_string_wo_version) >= 1, `${where} ${address}`);
      }
    }
  });

  it('have one version each, under a key of our own', () => {
    for (const { where, plan } of plans) {
      for (const { secret, versions } of versionsOf(plan)) {
        assert.equal(versions.length, 1, `${where} ${secret.address}`);
        const [key] = references(secret.source.kms_key_id);
        assert.match(String(key), /^aws_kms_key\./, `${where} ${secret.address}`);
      }
    }
  });

  it('are long: 48 letters and digits, and 32 for a key of as many bytes', () => {
    const drawn = at(sourceOf('production'), 'ephemeral.aws_secretsmanager_random_password');
    for (const [name, each] of Object.entries(drawn as Record<string, Record<string, unknown>>)) {
      assert.equal(each.password_length, name.includes('encryption') ? 32 : 48, name);
    }
  });

  it('go with a sandbox at once, and can be had back for thirty days in production', () => {
    const days = (name: VariantName) =>
      loadPlan(name)
        .all('aws_secretsmanager_secret')
        .map(({ values }) => values.recovery_window_in_days);
    assert.deepEqual([...new Set(days('sandbox'))], [0]);
    assert.deepEqual([...new Set(days('production'))], [30]);
  });

  it('of Kafka have the name and the key that MSK demands', () => {
    const plan = loadPlan('production');
    const [arns] = plan.all('aws_msk_scram_secret_association').map(({ source }) => source);
    const named = plan
      .all('aws_secretsmanager_secret')
      .filter(({ values }) => String(values.name).startsWith('AmazonMSK_'));
    assert.notEqual(named.length, 0);
    for (const secret of named) {
      const ours = [
        secret,
        ...versionsOf(plan).flatMap((one) => (one.secret === secret ? one.versions : [])),
      ];
      assert.ok(
        ours.some((one) => refersTo(arns, one)),
        secret.address,
      );
    }
  });

  it('of Kafka can be read by MSK, by the very policy that it would attach itself', () => {
    const plan = loadPlan('production');
    const association = plan.only('aws_msk_scram_secret_association');
    for (const policy of plan.all('aws_secretsmanager_secret_policy')) {
      const [secret] = references(policy.source.secret_arn);
      const arn = `\${${secret}.arn}`;
      assert.deepEqual(JSON.parse(String(policy.source.policy)).Statement, [
        {
          Effect: 'Allow',
          Sid: 'AWSKafkaResourcePolicy',
          Principal: { Service: 'kafka.amazonaws.com' },
          Action: 'secretsmanager:getSecretValue',
          Resource: arn,
        },
      ]);
      assert.ok(references(association.source.depends_on).includes(policy.address));
    }
  });

  it('of Kafka are deleted only when MSK has let go of them', () => {
    const plan = loadPlan('production');
    const ofKafka = ['', '_version', '_policy']
      .flatMap((kind) => plan.all(`aws_secretsmanager_secret${kind}`))
      .filter(({ name }) => name.includes('kafka'));
    assert.equal(ofKafka.length, 3);
    for (const { source, address } of ofKafka) {
      assert.equal(at(source, 'lifecycle.create_before_destroy'), true, address);
    }
  });

  it('of the owner of Postgres are kept and turned by RDS itself', () => {
    const { values, source } = loadPlan('production').only('aws_db_instance');
    assert.equal(values.manage_master_user_password, true);
    assert.equal(source.password, undefined);
    assert.match(String(references(source.master_user_secret_kms_key_id)), /aws_kms_key/);
  });
});

describe('keys', () => {
  it('turn once a year, and are administered by the account alone', () => {
    for (const { where, plan } of plans) {
      for (const { values, address } of plan.all('aws_kms_key')) {
        assert.equal(values.enable_key_rotation, true, `${where} ${address}`);
        assert.match(
          String(values.policy),
          /arn:aws:iam::123456789012:root/,
          `${where} ${address}`,
        );
      }
    }
  });

  it('are one for secrets, one for data, one for logs and one for images', () => {
    assert.equal(loadPlan('production').all('aws_kms_key').length, 3);
    assert.equal(loadPlan('production', 'registry').all('aws_kms_key').length, 1);
  });
});

describe('the provider', () => {
  it('is pinned, and refuses any account but the one of the settings', () => {
    for (const { where, plan } of plans) {
      const { required_providers: wanted, required_version: oldest } = plan.synthesized
        .terraform as Record<string, Record<string, { version: string }> | string>;
      assert.match(String(at(wanted, 'aws.version')), /^\d+\.\d+\.\d+$/, where);
      assert.equal(oldest, '>= 1.11', where);
      const [provider] = at(plan.synthesized, 'provider.aws') as Record<string, unknown>[];
      assert.deepEqual(provider?.allowed_account_ids, ['123456789012'], where);
    }
  });

  it('reads nothing of AWS to make a plan', () => {
    for (const { where, plan } of plans) assert.equal(plan.synthesized.data, undefined, where);
  });
});

function sourceOf(name: VariantName) {
  return loadPlan(name).synthesized;
}
