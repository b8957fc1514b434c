import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { at, loadPlan, refersTo } from '../support/plan.ts';

for (const variant of ['sandbox', 'production'] as const) {
  describe(`the registry of ${variant}`, () => {
    const plan = loadPlan(variant, 'registry');
    const images = plan.only('aws_ecr_repository');

    it('never gives a tag to another image', () => {
      assert.equal(images.values.image_tag_mutability, 'IMMUTABLE');
    });

    it('scans each image when it arrives', () => {
      assert.equal(at(images.values, 'image_scanning_configuration.0.scan_on_push'), true);
    });

    it('stores images under a key of its own', () => {
      assert.equal(at(images.values, 'encryption_configuration.0.encryption_type'), 'KMS');
      assert.ok(refersTo(images.source.encryption_configuration, plan.only('aws_kms_key')));
    });

    it('forgets old images, never the newest hundred', () => {
      const { rules } = JSON.parse(String(plan.only('aws_ecr_lifecycle_policy').values.policy));
      for (const { selection } of rules) assert.ok(selection.countNumber >= 100);
    });

    it('counts no signature as an image, and expires nothing that has no tag', () => {
      const { rules } = JSON.parse(String(plan.only('aws_ecr_lifecycle_policy').values.policy));
      const [first, second] = rules.map(({ selection }: { selection: object }) => selection);
      assert.deepEqual([first.tagPatternList, second.tagPatternList], [['sha256-*'], ['*']]);
      assert.ok(first.countNumber > second.countNumber);
      assert.deepEqual([first.tagStatus, second.tagStatus], ['tagged', 'tagged']);
    });

    it('holds nothing else: it is there before anything can run', () => {
      assert.deepEqual(plan.types, [
        'aws_ecr_lifecycle_policy',
        'aws_ecr_repository',
        'aws_kms_alias',
        'aws_kms_key',
      ]);
    });

    it('says where to push', () => {
      assert.deepEqual(Object.keys(at(plan.synthesized, 'output') as object).sort(), [
        'login',
        'repository',
      ]);
    });
  });
}
