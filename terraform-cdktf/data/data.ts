/** Everything that keeps data, and how a task reaches it. */
import type { Context, Data, Keys, Network, SecurityGroups } from '../stacks/parts.ts';
import { makeApplicationSecret, makeProvidersSecret } from './application.ts';
import { makeKafka } from './kafka.ts';
import { makePostgres } from './postgres.ts';
import { makeRedis } from './redis.ts';
import { Secrets } from './secrets.ts';

export function makeData(
  context: Context,
  network: Network,
  groups: SecurityGroups,
  keys: Keys,
): Data {
  const secrets = new Secrets(context, keys);
  return {
    ...makePostgres(context, network, groups, keys, secrets),
    ...makeRedis(context, network, groups, keys, secrets),
    ...makeKafka(context, network, groups, keys, secrets),
    application: makeApplicationSecret(context, secrets),
    providers: makeProvidersSecret(context, secrets),
  };
}
