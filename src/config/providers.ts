/**
 * The settings of each provider in each market, handed on as they are: every provider parses its
 * own.
 */
import { isConfigured, type ProviderDefinition } from '../domain/provider-definition.ts';
import { type ConfigFile, type MarketEntry, unknownNames } from './config-file.ts';
import { demoProviderSettings, isDemoValue } from './demo-values.ts';
import { ROLE_NEEDS, type Role } from './roles.ts';
import { Secret } from './secret.ts';
import { lookUp, type ReadFile, type SettingReader } from './setting-reader.ts';

/** What the configuration needs to know of a provider. */
export type ProviderSchema = Pick<
  ProviderDefinition,
  'name' | 'variables' | 'secretVariables' | 'baseUrlVariable' | 'parseConfig' | 'warnings'
>;

export type ProviderSettingsRecord = Readonly<Record<string, string>>;

export interface ProviderRecord {
  /** Upper case, `MTN`. */
  name: string;
  market: string;
  currencies: readonly string[];
  /** Ready for the provider's `parseConfig`, which has accepted it once. */
  settings: Secret<ProviderSettingsRecord>;
  warnings: readonly string[];
}

export interface ProviderSources {
  reader: SettingReader;
  file: ConfigFile;
  readFile: ReadFile;
  role: Role;
  isProduction: boolean;
  simPort: number;
}

/** Roles that bring the simulators along know the demo market without being told. */
function demoDefaults({ role, simPort }: ProviderSources): ProviderSettingsRecord {
  return role === 'dev' || role === 'simulators' ? demoProviderSettings(simPort) : {};
}

function fromEnvironment(schema: ProviderSchema, sources: ProviderSources): ProviderSettingsRecord {
  const defaults = demoDefaults(sources);
  const found: Record<string, string> = {};
  for (const variable of schema.variables) {
    const text = sources.reader.text(variable) ?? defaults[variable];
    if (text !== undefined) found[variable] = text;
  }
  return found;
}

/** One entry of the market list: only this provider's variables, each perhaps by file. */
function fromEntry(
  schema: ProviderSchema,
  { settings }: MarketEntry,
  place: string,
  { reader, readFile }: ProviderSources,
): ProviderSettingsRecord {
  const found: Record<string, string> = {};
  for (const variable of schema.variables) {
    const text = lookUp(settings, variable, readFile, (name, expected) =>
      reader.problem(`${place}.${name}`, expected),
    );
    if (text !== undefined) found[variable] = text;
  }
  for (const name of unknownNames(settings, new Set(schema.variables))) {
    reader.problem(`${place}.${name}`, `a setting of ${schema.name}`);
  }
  return found;
}

/** Of settings that were refused: nothing starts with them. */
const NOWHERE = { market: '', currencies: [] };

export function readProviders(
  schemas: readonly ProviderSchema[],
  sources: ProviderSources,
): ProviderRecord[] {
  const { reader, file, role, isProduction } = sources;
  const records: ProviderRecord[] = [];
  const taken = new Set<string>();

  function add(schema: ProviderSchema, settings: ProviderSettingsRecord, place: string): void {
    const parsed = schema.parseConfig(settings);
    const warnings: string[] = [];
    if (parsed.ok) {
      const told = schema.warnings?.(parsed.value) ?? [];
      warnings.push(...told.map((warning) => place + warning));
      const market = `${schema.name} ${parsed.value.market}`;
      if (taken.has(market)) reader.problem(`${place}${schema.name}`, 'each market once');
      taken.add(market);
    } else {
      for (const problem of parsed.problems) {
        reader.problem(place + problem.variable, problem.expected);
      }
    }
    for (const [variable, text] of Object.entries(settings)) {
      const parts = text.split(',').map((part) => part.trim());
      if (isProduction && parts.some((part) => isDemoValue(variable, part))) {
        reader.problem(place + variable, 'a value of your own: the demo value is public');
      }
    }
    const { market, currencies } = parsed.ok ? parsed.value : NOWHERE;
    const { name } = schema;
    records.push({ name, market, currencies, settings: new Secret(name, settings), warnings });
  }

  for (const schema of schemas) {
    const settings = fromEnvironment(schema, sources);
    if (isConfigured(schema, settings)) add(schema, settings, '');
  }
  for (const [index, entry] of file.markets.entries()) {
    const place = `markets[${index}]`;
    const schema = schemas.find(({ name }) => name === entry.provider);
    if (schema === undefined) reader.problem(`${place}.provider`, 'the name of a provider');
    else add(schema, fromEntry(schema, entry, place, sources), `${place}.`);
  }
  if (records.length === 0 && ROLE_NEEDS[role].providers) {
    const names = schemas.map(({ baseUrlVariable }) => baseUrlVariable);
    reader.problem(names.join(' or '), 'at least one provider');
  }
  return records;
}
