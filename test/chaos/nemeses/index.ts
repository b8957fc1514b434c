import type { Nemesis } from './battle.ts';
import { NETWORK_NEMESES } from './network.ts';
import { PROCESS_NEMESES } from './processes.ts';
import { PROVIDER_NEMESES } from './provider.ts';
import { SERVER_NEMESES } from './servers.ts';

/** CHX-2 and CHX-3: every harm that there is, by name. */
export const NEMESES: ReadonlyMap<string, Nemesis> = new Map(
  [...PROCESS_NEMESES, ...SERVER_NEMESES, ...NETWORK_NEMESES, ...PROVIDER_NEMESES].map((one) => [
    one.name,
    one,
  ]),
);
