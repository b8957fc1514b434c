import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PROVIDERS } from '../../../providers/index.ts';
import { DEMO_SECRETS, demoProviderSettings } from '../../../src/config/demo-values.ts';
import { loadConfig, ROLES } from '../../../src/config.ts';
import { reveal } from '../../support/reveal.ts';

const LINES = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8').split('\n');
const VARIABLE = /^(?<comment>#?)(?<name>[A-Z][A-Z0-9_]*)=(?<value>.*)$/;

function written(): { name: string; value: string; isSet: boolean; line: number }[] {
  return LINES.flatMap((text, line) => {
    const groups = VARIABLE.exec(text)?.groups;
    if (groups === undefined) return [];
    const { name = '', value = '', comment } = groups;
    return [{ name, value, isSet: comment === '', line }];
  });
}

/** Every name that any role asks the environment for, but for the `_FILE` twins. */
function asked(): Set<string> {
  const names = new Set<string>();
  const env = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get(_, name) {
        names.add(String(name));
        return undefined;
      },
    },
  );
  for (const role of ROLES) {
    try {
      loadConfig(env, { role, providers: PROVIDERS });
    } catch {
      // Roles that need servers and secrets have asked for everything all the same.
    }
  }
  const isTwin = (name: string) => name.endsWith('_FILE') && names.has(name.slice(0, -5));
  return new Set([...names].filter((name) => !isTwin(name)));
}

test('.env.example names every variable that is read, once, and no other', () => {
  const names = written().map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(names.toSorted(), [...asked()].toSorted());
});

test('.env.example gives each variable a reason right above it', () => {
  for (const { name, line } of written()) {
    assert.match(LINES[line - 1] ?? '', /^# \S/, name);
  }
});

test('.env.example sets the demo values and nothing else', () => {
  const set = written().filter(({ isSet }) => isSet);
  // Where the simulators are depends on the machine.
  const { MTN_BASE_URL: _mtn, AIRTEL_BASE_URL: _airtel, ...market } = demoProviderSettings(9_100);
  assert.deepEqual(Object.fromEntries(set.map(({ name, value }) => [name, value])), {
    ...DEMO_SECRETS,
    ...market,
  });
});

test('what .env.example shows are the defaults of role dev', () => {
  const env = Object.fromEntries(written().map(({ name, value }) => [name, value]));
  const options = { role: 'dev', providers: PROVIDERS } as const;
  assert.deepEqual(reveal(loadConfig(env, options)), reveal(loadConfig({}, options)));
});
