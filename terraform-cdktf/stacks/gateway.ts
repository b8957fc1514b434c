/** Everything but the image. */
import type { App } from '../cdktf.ts';
import { makeData } from '../data/data.ts';
import { makeKeys } from '../data/keys.ts';
import { makeEdge } from '../edge/edge.ts';
import { makeEndpoints } from '../network/endpoints.ts';
import { makeNetwork } from '../network/network.ts';
import { makeSecurityGroups } from '../network/security-groups.ts';
import { makeObservability } from '../observability/observability.ts';
import { makeServices } from '../services/services.ts';
import type { Settings } from '../settings/schema.ts';
import { BaseStack } from './base-stack.ts';
import { makeOutputs } from './outputs.ts';
import type { Context } from './parts.ts';

export function makeGateway(app: App, settings: Settings): BaseStack {
  const stack = new BaseStack(app, 'gateway', settings);
  const context: Context = { stack, settings };
  const keys = makeKeys(context);
  const network = makeNetwork(context, keys);
  const groups = makeSecurityGroups(context, network);
  makeEndpoints(context, network, groups);
  const data = makeData(context, network, groups, keys);
  const edge = makeEdge(context, network, groups, keys);
  const services = makeServices(context, { network, groups, keys, data, edge });
  const sight = makeObservability(context, { data, edge, services, keys });
  makeOutputs(context, { edge, services, groups, data, ...sight });
  return stack;
}
