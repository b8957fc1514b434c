import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from '../support/checkov.ts';
import { loadPlan, PLANS_FOLDER } from '../support/plan.ts';
import { PLANNED } from '../support/variants.ts';

const [LEAST_WORDS, LEAST_PASSED] = [4, { registry: 5, gateway: 100 }];

describe('Checkov', () => {
  for (const { variant, stack } of PLANNED) {
    it(`finds nothing in ${variant} ${stack} but what is skipped with a reason`, async () => {
      const folder = join(process.env[PLANS_FOLDER] ?? '', variant, stack);
      const findings = await inspect(folder, loadPlan(variant, stack).synthesized);
      assert.deepEqual(findings.failures, []);
      assert.deepEqual(findings.idleSkips, [], 'skips of checks that do not fail');
      for (const { key, comment } of findings.skips) {
        assert.ok(comment.split(' ').length >= LEAST_WORDS, key);
      }
      assert.ok(findings.passed >= LEAST_PASSED[stack], `only ${findings.passed} checks passed`);
    });
  }
});
