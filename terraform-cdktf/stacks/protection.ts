/** Deletion in two deliberate steps: apply with deletionProtection=false, then destroy. */
import type { TerraformResourceLifecycle } from '../cdktf.ts';
import type { Settings } from '../settings/schema.ts';

/** For what cannot be had back: terraform refuses any plan that would delete it. */
export function keep(
  settings: Settings,
  rest: TerraformResourceLifecycle = {},
): TerraformResourceLifecycle | undefined {
  const lifecycle = { ...rest, ...(settings.deletionProtection ? { preventDestroy: true } : {}) };
  return Object.keys(lifecycle).length > 0 ? lifecycle : undefined;
}

/**
 * Days in which what was deleted can be had back. A final snapshot is worth nothing without the key
 * that encrypts it and the secret that reads the payers in it: both must wait as long as they can. A
 * deployment without one leaves nothing, and its names are free at once.
 */
export function daysToRegret({ postgresFinalSnapshot }: Settings): { key: number; secret: number } {
  return postgresFinalSnapshot ? { key: 30, secret: 30 } : { key: 7, secret: 0 };
}
