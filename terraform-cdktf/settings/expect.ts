/** One thing that is wrong, by the name of its setting. */
import type { SettingName, Settings } from './schema.ts';

export interface Problem {
  name: string;
  words: string;
}

export type Check = (settings: Settings) => (Problem | false)[];

export function expect(
  isRight: boolean,
  name: SettingName | string,
  words: string,
): Problem | false {
  return !isRight && { name, words: `expected ${words}` };
}
