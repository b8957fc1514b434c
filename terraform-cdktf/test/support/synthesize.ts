import { problemsBetween } from '../../settings/checks.ts';
import { presets } from '../../settings/presets.ts';
import { type Settings, settingsSchema } from '../../settings/schema.ts';
import { makeApp } from '../../stacks/app.ts';
import { makeGateway } from '../../stacks/gateway.ts';
import { toJson } from '../../stacks/json.ts';
import { makeRegistry } from '../../stacks/registry.ts';
import type { StackName } from './variants.ts';

export type Given = Partial<Settings> & Pick<Settings, 'preset' | 'account'>;

const make = { registry: makeRegistry, gateway: makeGateway };

/** Everything that is given, over its preset; throws at what the command would refuse. */
export function settingsOf(given: Given, stack: StackName = 'gateway'): Settings {
  const settings = settingsSchema.parse({ ...presets[given.preset], ...given });
  const problems = problemsBetween(settings, stack);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return settings;
}

/** The text that `main.ts` writes for these settings. */
export function synthesize(stack: StackName, settings: Settings): string {
  return toJson(make[stack](makeApp(), settings));
}
