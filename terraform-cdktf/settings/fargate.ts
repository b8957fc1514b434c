/** What Fargate offers. Source: ECS developer guide, "Task CPU and memory". */

/** MiB by CPU units, in steps; between the two ends every step is offered. */
const STEPS: Readonly<Record<number, readonly [from: number, to: number, step: number]>> = {
  512: [1_024, 4_096, 1_024],
  1024: [2_048, 8_192, 1_024],
  2048: [4_096, 16_384, 1_024],
  4096: [8_192, 30_720, 1_024],
};
const WITH_256 = [512, 1_024, 2_048];

/** null: it is offered. Else what is. */
export function memoryExpected(cpu: number, memory: number): string | null {
  const steps = STEPS[cpu];
  if (steps === undefined) {
    return WITH_256.includes(memory) ? null : `${WITH_256.join(', ')} with ${cpu} of CPU`;
  }
  const [from, to, step] = steps;
  if (memory >= from && memory <= to && memory % step === 0) return null;
  return `${from} to ${to} in steps of ${step} with ${cpu} of CPU`;
}
