import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { AIRTEL_CHARGE_ROWS } from '../../../providers/airtel/mapping.ts';
import { PROVIDERS } from '../../../providers/index.ts';
import { MTN_CHARGE_ROWS } from '../../../providers/mtn/mapping.ts';
import { operatorOf } from '../../../src/domain/msisdn.ts';
import { isConfigured } from '../../../src/domain/provider-definition.ts';

function operator(msisdn: string, market: string) {
  const routes = PROVIDERS.map(({ name, prefixes }) => ({
    provider: name,
    prefixes: prefixes[market] ?? [],
  }));
  return operatorOf(msisdn, routes);
}

describe('the registry', () => {
  test('names are upper case, and names, callback paths and settings are unique', () => {
    const unique = (values: readonly string[]) => assert.equal(new Set(values).size, values.length);
    unique(PROVIDERS.map(({ name }) => name));
    unique(PROVIDERS.flatMap(({ callbackPath }) => callbackPath ?? []));
    unique(PROVIDERS.flatMap(({ variables }) => variables));
    for (const { name, variables, secretVariables, baseUrlVariable } of PROVIDERS) {
      assert.match(name, /^[A-Z]+$/);
      assert.ok(variables.includes(baseUrlVariable));
      assert.ok(secretVariables.every((variable) => variables.includes(variable)));
    }
  });

  test('a provider is configured when its base URL is set', () => {
    for (const definition of PROVIDERS) {
      const { baseUrlVariable } = definition;
      assert.equal(isConfigured(definition, {}), false);
      assert.equal(isConfigured(definition, { [baseUrlVariable]: '' }), false);
      assert.equal(isConfigured(definition, { [baseUrlVariable]: 'http://x' }), true);
    }
  });

  const WALLETS: [string, string, string | undefined][] = [
    ['+260961234567', 'ZM', 'MTN'],
    ['+260761234567', 'ZM', 'MTN'],
    ['+260971234567', 'ZM', 'AIRTEL'],
    ['+260571234567', 'ZM', 'AIRTEL'],
    ['+260951234567', 'ZM', undefined],
    ['+256772123456', 'UG', 'MTN'],
    ['+256724123456', 'UG', 'MTN'],
    ['+256701234567', 'UG', 'AIRTEL'],
    ['+256730123456', 'UG', 'AIRTEL'],
    ['+256720123456', 'UG', undefined],
    ['+250788123456', 'RW', 'MTN'],
    ['+250728123456', 'RW', 'AIRTEL'],
    ['+242061234567', 'CG', 'MTN'],
    ['+242051234567', 'CG', 'AIRTEL'],
    ['+2347025123456', 'NG', 'MTN'],
    ['+2347011234567', 'NG', 'AIRTEL'],
  ];
  for (const [msisdn, market, provider] of WALLETS) {
    test(`${msisdn} belongs to ${provider ?? 'nobody here'}`, () => {
      assert.equal(operator(msisdn, market), provider);
    });
  }

  test('prefixes are digits, unique, and start with one country code per market', () => {
    for (const { prefixes } of PROVIDERS) {
      for (const [market, list] of Object.entries(prefixes)) {
        assert.ok(
          list.every((prefix) => /^\d{4,8}$/.test(prefix)),
          market,
        );
        assert.equal(new Set(list).size, list.length, market);
        assert.equal(new Set(list.map((prefix) => prefix.slice(0, 3))).size, 1, market);
      }
    }
  });

  test('docs/providers.md has every row of the classifiers', () => {
    const docs = readFileSync(new URL('../../../docs/providers.md', import.meta.url), 'utf8');
    for (const row of [...MTN_CHARGE_ROWS, ...AIRTEL_CHARGE_ROWS]) {
      const code = /^code (\S+)$/.exec(row.on)?.[1];
      assert.ok(docs.includes(code === undefined ? row.on : `\`${code}\``), row.on);
    }
  });
});
