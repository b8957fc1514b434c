/**
 * The configuration file: JSON with the same settings by the same names, and a list of more
 * markets.
 */
import type { ConfigProblem } from '../domain/provider-definition.ts';
import type { Environment, ReadFile } from './setting-reader.ts';

export interface MarketEntry {
  /** Upper case, `MTN`. */
  provider: string;
  settings: Environment;
}

export interface ConfigFile {
  settings: Environment;
  markets: MarketEntry[];
  problems: ConfigProblem[];
}

const EMPTY: ConfigFile = { settings: {}, markets: [], problems: [] };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Settings are text, as in the environment: lists are joined by commas, anything deeper stays JSON.
 */
function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) {
    return value.join(',');
  }
  return JSON.stringify(value);
}

function asSettings(record: Record<string, unknown>): Environment {
  const entries = Object.entries(record).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([name, value]) => [name, asText(value)]));
}

export function readConfigFile(path: string | undefined, readFile: ReadFile): ConfigFile {
  if (path === undefined) return EMPTY;
  const refused = (expected: string): ConfigFile => ({
    ...EMPTY,
    problems: [{ variable: 'CONFIG_FILE', expected }],
  });
  let content: unknown;
  try {
    content = JSON.parse(readFile(path));
  } catch {
    return refused('the path of a JSON file that can be read');
  }
  if (!isRecord(content)) return refused('a file with one JSON object');
  const { markets = [], ...settings } = content;
  if (!Array.isArray(markets) || !markets.every(isRecord)) {
    return refused('markets: a list of objects, each with a provider and its settings');
  }
  return {
    settings: asSettings(settings),
    markets: markets.map(({ provider, ...market }) => ({
      provider: typeof provider === 'string' ? provider : '',
      settings: asSettings(market),
    })),
    problems: [],
  };
}

/** Names in the file that nobody reads: a typing error there must not pass in silence. */
export function unknownNames(settings: Environment, known: ReadonlySet<string>): string[] {
  return Object.keys(settings).filter(
    (name) => !known.has(name) && !(name.endsWith('_FILE') && known.has(name.slice(0, -5))),
  );
}
