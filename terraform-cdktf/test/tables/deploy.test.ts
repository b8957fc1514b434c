import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { byPart, fixedCosts, HOURS_PER_MONTH, total } from '../../costs/fixed.ts';
import { Inventory, type PresetName } from '../../costs/inventory.ts';
import { prices, sources } from '../../costs/prices.ts';
import { costsPerMillion, measured, sum } from '../../costs/usage.ts';
import { descriptions } from '../../settings/descriptions.ts';
import { settingsSchema } from '../../settings/schema.ts';
import { readDeployDocument, withTables } from '../../tables/blocks.ts';
import { LEVERS } from '../../tables/costs.ts';
import { settingsOf } from '../support/synthesize.ts';

const PRESETS: readonly PresetName[] = ['sandbox', 'production'];
const document = readDeployDocument();

describe('docs/deploy.md', () => {
  it('has the tables that `npm run tables` writes', () => {
    assert.equal(withTables(document), document, 'run `npm run tables` in terraform-cdktf');
  });

  it('names every setting once, with its unit and its reason', () => {
    const names = Object.keys(settingsSchema.shape);
    const rows = [...document.matchAll(/^\| `(\w+)` \| [^|]+ \| [^|]+ \| [^|]+ \| [^|]+\. \|$/gm)];
    assert.deepEqual(rows.map(([, name]) => name).sort(), names.sort());
    assert.deepEqual(Object.keys(descriptions).sort(), names);
  });

  it('names outputs that the stacks have', () => {
    const outputs = PRESETS.flatMap((preset) => new Inventory(preset).outputs);
    const named = [
      ...document.matchAll(/terraform -chdir=out\/\$name\/\w+ output (?:-raw |-json )?(\w+)/g),
    ];
    assert.notEqual(named.length, 0);
    assert.deepEqual(
      named.map(([, name]) => name!).filter((name) => !outputs.includes(name)),
      [],
    );
  });

  it('names resources of Terraform that the stacks have', () => {
    const inventory = new Inventory('sandbox');
    const named = [...document.matchAll(/\b(aws_\w+)\.(\w+)/g)];
    assert.notEqual(named.length, 0);
    const missing = named.filter(([, type, name]) => !inventory.names(type!).includes(name!));
    assert.deepEqual(
      missing.map(([name]) => name),
      [],
    );
  });

  it('has an example of existing servers that is valid', () => {
    const examples = [...document.matchAll(/```json\n(\{[^`]+\})\n```/g)].map(([, text]) => text!);
    const [example = assert.fail()] = examples.filter((text) => text.includes('existingVpcId'));
    const image = `example.com/gateway@sha256:${'0'.repeat(64)}`;
    settingsOf({ preset: 'sandbox', image, ...JSON.parse(example) });
  });

  it('proposes no saving that would be refused', () => {
    for (const [preset, changes] of LEVERS) {
      settingsOf({ ...new Inventory(preset, changes).settings });
    }
  });

  it('says of usage what was measured', () => {
    const { logBytesPerPayment, tableBytesPerPayment } = measured;
    const kilobytes = (tableBytesPerPayment / 1_000).toFixed(1);
    assert.match(document, new RegExp(`${logBytesPerPayment} bytes of log.*\\n?.*${kilobytes} kB`));
  });
});

describe('the costs', () => {
  it('are the sum of their parts, and of quantities times prices', () => {
    for (const preset of PRESETS) {
      const lines = fixedCosts(preset);
      for (const { quantity, price, monthly, what } of lines) {
        const hours = price.unit.includes('hour') ? HOURS_PER_MONTH : 1;
        assert.equal(monthly, quantity * hours * price.usd, what);
      }
      const parts = byPart(lines).reduce((all, [, monthly]) => all + monthly, 0);
      assert.ok(Math.abs(parts - total(lines)) < 0.005);
      const usages = costsPerMillion(preset);
      for (const { quantity, price, usd, what } of usages) {
        assert.equal(usd, quantity * price.usd, what);
      }
      assert.notEqual(sum(usages), 0);
    }
  });

  it('count what the synthesized stacks have', () => {
    const whats = fixedCosts('production').map(({ what, quantity }) => `${quantity} ${what}`);
    for (const expected of ['2 db.r7g.large', '3 kafka.m7g.large', '3 NAT gateways', '1 WAF']) {
      assert.ok(whats.includes(expected), `${expected} in ${whats.join(', ')}`);
    }
  });

  it('have a dated source for each price', () => {
    for (const { usd, source } of Object.values(prices)) {
      assert.ok(usd > 0);
      assert.match(sources[source].date, /20\d\d|undated/);
      assert.match(sources[source].page, /^https:\/\//);
    }
  });

  it('use the capacity that docs/capacity.md has', () => {
    const capacity = readFileSync(join(import.meta.dirname, '../../../docs/capacity.md'), 'utf8');
    assert.match(capacity, /At 537 µs of CPU time a payment/);
  });
});
