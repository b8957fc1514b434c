import type { Fleet } from '../fleet.ts';

export interface FaultRule {
  provider: string;
  operation: string;
  fault: string;
  probability: number;
  delayMs?: number;
  reason?: string;
}

/** The simulators take one plan; several nemeses may each have a part in it. */
export interface ProviderFaults {
  /** Adds rules until the returned function is called. */
  add(rules: readonly FaultRule[]): Promise<() => Promise<void>>;
}

export function makeProviderFaults(
  { control }: Pick<Fleet, 'control'>,
  seed: number,
): ProviderFaults {
  const parts = new Set<readonly FaultRule[]>();
  let plans = 0;
  let last: Promise<void> = Promise.resolve();
  const send = () => {
    plans += 1;
    const plan = { seed: seed + plans, rules: [...parts].flat() };
    last = last.then(async () => {
      const { status, text } = await control.put(plan);
      if (status !== 200) throw new Error(`the simulators refuse a plan: ${text}`);
    });
    return last;
  };
  return {
    async add(rules) {
      parts.add(rules);
      await send();
      return async () => {
        parts.delete(rules);
        await send();
      };
    },
  };
}
