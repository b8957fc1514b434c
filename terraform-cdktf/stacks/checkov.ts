/** A check that is left out stands beside the resource, with its reason, in the code and in the JSON. */
import type { TerraformElement } from '../cdktf.ts';

export interface Skip {
  id: string;
  comment: string;
}

const skips = new WeakMap<TerraformElement, Skip[]>();

/** Several may be skipped on one resource. */
export function skipCheck(resource: TerraformElement, id: string, reason: string): void {
  const list = skips.get(resource) ?? [];
  list.push({ id, comment: reason });
  skips.set(resource, list);
  resource.addOverride('//', { checkov: { skip: list } });
}
