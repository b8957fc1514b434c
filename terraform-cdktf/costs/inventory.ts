/** What a preset makes, counted in the JSON that terraform gets: a new resource cannot be forgotten. */
import { presets } from '../settings/presets.ts';
import type { Settings } from '../settings/schema.ts';
import { makeApp } from '../stacks/app.ts';
import { makeGateway } from '../stacks/gateway.ts';
import { toJson } from '../stacks/json.ts';
import { makeRegistry } from '../stacks/registry.ts';

export type PresetName = keyof typeof presets;
type Resource = Readonly<Record<string, unknown>>;

interface Stack {
  resource: Readonly<Record<string, Readonly<Record<string, Resource>>>>;
  output: Readonly<Record<string, unknown>>;
}

/** Where every value that a preset leaves open is given, as its owner would. */
const ACCOUNT = '123456789012';
const REGION = presets.production.region;
const open = {
  account: ACCOUNT,
  image: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/gateway@sha256:${'0'.repeat(64)}`,
};
const filledIn: Readonly<Record<PresetName, Settings>> = {
  sandbox: {
    preset: 'sandbox',
    ...presets.sandbox,
    ...open,
    allowedCidrs: ['203.0.113.7/32'],
  },
  production: {
    preset: 'production',
    ...presets.production,
    ...open,
    stateBucket: 'gateway-state',
    domain: 'pay.example.com',
    hostedZoneId: 'Z0123456789ABC',
    existingProvidersSecretArn: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:providers-AbCdEf`,
    mtnBaseUrl: 'https://mtn.example.com',
    airtelBaseUrl: 'https://airtel.example.com',
  },
};

export class Inventory {
  readonly settings: Settings;
  readonly #stacks: Stack[];

  constructor(preset: PresetName, changes: Partial<Settings> = {}) {
    this.settings = { ...filledIn[preset], ...changes };
    const stacks = [makeRegistry, makeGateway].map((make) => make(makeApp(), this.settings));
    this.#stacks = stacks.map((stack) => JSON.parse(toJson(stack)));
  }

  get outputs(): string[] {
    return this.#stacks.flatMap(({ output }) => Object.keys(output));
  }

  names(type: string): string[] {
    return this.#stacks.flatMap(({ resource }) => Object.keys(resource[type] ?? {}));
  }

  all(type: string): Resource[] {
    return this.#stacks.flatMap(({ resource }) => Object.values(resource[type] ?? {}));
  }

  count(type: string): number {
    return this.all(type).length;
  }
}
