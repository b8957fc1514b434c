import { FAILPOINTS, type FailpointSetting } from '../domain/failpoints.ts';
import { parseInteger, type SettingReader } from './setting-reader.ts';

const MAX_HITS = 1_000_000;

function parseFailpoint(text: string): FailpointSetting | undefined {
  const [given, count = '1', ...rest] = text.trim().split(':');
  const name = FAILPOINTS.find((one) => one === given);
  const hit = parseInteger(count, 1, MAX_HITS);
  return name && hit && rest.length === 0 ? { name, hit } : undefined;
}

export function readFailpoints(reader: SettingReader): readonly FailpointSetting[] {
  const expected = 'names of failpoints, comma-separated, each with its hit: after-intent:3';
  return reader.value<readonly FailpointSetting[]>('FAILPOINTS', [], expected, (text) => {
    const failpoints = text.split(',').map(parseFailpoint);
    return failpoints.includes(undefined) ? undefined : (failpoints as FailpointSetting[]);
  });
}
