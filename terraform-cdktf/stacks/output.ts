import type { TerraformStack } from '../cdktf.ts';

export interface Output {
  value: string | readonly string[] | Readonly<Record<string, string>>;
  description: string;
}

/** By hand: CDKTF's own class calls what Node has deprecated, and Node says so in every synthesis. */
export function addOutput(stack: TerraformStack, name: string, output: Output): void {
  stack.addOverride(`output.${name}`, output);
}
