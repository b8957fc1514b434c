import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, loadPlan, type Plan, type Resource } from '../support/plan.ts';
import { PLANNED, STACKS, type VariantName, variants } from '../support/variants.ts';

const isKept = ({ source }: Resource) => at(source, 'lifecycle.prevent_destroy') === true;
const keptTypes = (plan: Plan) =>
  [
    ...new Set(
      plan.types
        .flatMap((type) => plan.all(type))
        .filter(isKept)
        .map(({ type }) => type),
    ),
  ].sort();

describe('deletion in the sandbox', () => {
  const plan = loadPlan('sandbox');

  it('is held up by nothing', () => {
    for (const stack of STACKS) assert.deepEqual(keptTypes(loadPlan('sandbox', stack)), []);
    assert.equal(plan.only('aws_db_instance').values.deletion_protection, false);
    assert.equal(plan.only('aws_lb').values.enable_deletion_protection, false);
  });

  it('leaves nothing behind: no snapshot, no backup, no image, no log', () => {
    const { values } = plan.only('aws_db_instance');
    assert.equal(values.skip_final_snapshot, true);
    assert.equal(values.delete_automated_backups, true);
    assert.equal(
      loadPlan('sandbox', 'registry').only('aws_ecr_repository').values.force_delete,
      true,
    );
    for (const { values: each, address } of plan.all('aws_cloudwatch_log_group')) {
      assert.notEqual(each.skip_destroy, true, address);
    }
    for (const { values: each, address } of plan.all('aws_s3_bucket')) {
      assert.equal(each.force_destroy, true, address);
    }
  });

  it('ends its keys after the shortest time that AWS allows', () => {
    for (const { values } of plan.all('aws_kms_key')) {
      assert.equal(values.deletion_window_in_days, 7);
    }
  });
});

describe('deletion in production', () => {
  const plan = loadPlan('production');

  it('is refused by AWS where it would lose the books or the entrance', () => {
    const { values } = plan.only('aws_db_instance');
    assert.equal(values.deletion_protection, true);
    assert.equal(plan.only('aws_lb').values.enable_deletion_protection, true);
  });

  it('is refused by Terraform for what cannot be had back', () => {
    for (const type of ['aws_db_instance', 'aws_kms_key', 'aws_msk_cluster']) {
      assert.ok(keptTypes(plan).includes(type), type);
    }
    const kept = plan.all('aws_secretsmanager_secret').filter(isKept);
    const application = kept.filter(({ values }) => String(values.name).endsWith('/application'));
    assert.equal(application.length, 1);
  });

  it('takes a last snapshot of the books', () => {
    const { values } = plan.only('aws_db_instance');
    assert.equal(values.skip_final_snapshot, false);
    assert.equal(values.final_snapshot_identifier, 'gateway-final');
  });

  it('leaves thirty days to change one’s mind about a key', () => {
    for (const { values } of plan.all('aws_kms_key')) {
      assert.equal(values.deletion_window_in_days, 30);
    }
  });

  it('keeps images and access logs', () => {
    const { force_delete: force } = loadPlan('production', 'registry').only(
      'aws_ecr_repository',
    ).values;
    assert.equal(force, false);
    for (const { values } of plan.all('aws_s3_bucket')) assert.equal(values.force_destroy, false);
  });
});

describe('tags', () => {
  for (const { variant, stack } of PLANNED) {
    it(`are on everything in ${variant} ${stack} that takes one`, () => {
      const plan = loadPlan(variant, stack);
      const taggable = plan.types
        .flatMap((type) => plan.all(type))
        .filter(({ values }) => 'tags_all' in values);
      assert.ok(taggable.length >= 2);
      for (const { values, address } of taggable) {
        const tags = values.tags_all as Record<string, string>;
        const { Project, Preset, Owner, CostCentre, ManagedBy } = tags;
        const preset = variant === 'production' ? 'production' : 'sandbox';
        assert.equal(Preset, preset, address);
        assert.equal(Project, preset === 'production' ? 'gateway' : 'gateway-sandbox', address);
        assert.ok(Owner && CostCentre && ManagedBy, address);
      }
    });
  }

  for (const variant of Object.keys(variants) as VariantName[]) {
    it(`reach the running tasks of ${variant}`, () => {
      for (const { values, address } of loadPlan(variant).all('aws_ecs_service')) {
        assert.equal(values.propagate_tags, 'SERVICE', address);
        assert.equal(values.enable_ecs_managed_tags, true, address);
      }
    });
  }
});
