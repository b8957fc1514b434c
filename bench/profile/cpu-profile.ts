/** Reads what `node --cpu-prof` wrote, and says who spent the time. */

export interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  /** Microseconds from the sample before. */
  timeDeltas: number[];
}

export interface Spender {
  name: string;
  micros: number;
}

export interface Spending {
  /** All that was not idle. */
  busyMicros: number;
  /** By the function that was running. */
  functions: Spender[];
  /** By the nearest package or file of ours that was running, or had called what was running. */
  owners: Spender[];
}

type Node = CpuProfile['nodes'][number];

const IDLE = '(idle)';
const OURS = /\/((?:src|providers)\/.+?)\.ts$/;
const PACKAGE = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/;

/** Counts the last `windowMicros` of the profile, so that the start of the process is not in it. */
export function readSpending(profile: CpuProfile, windowMicros: number): Spending {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
  );
  const functions = new Map<string, number>();
  const owners = new Map<string, number>();
  const ownerOfNode = new Map<number, string>();
  let left = windowMicros;
  let busyMicros = 0;

  function ownerOf(id: number): string {
    const known = ownerOfNode.get(id);
    if (known !== undefined) return known;
    const node = nodes.get(id) as Node;
    const parent = parents.get(id);
    const owner = ownName(node) ?? (parent === undefined ? 'node' : ownerOf(parent));
    ownerOfNode.set(id, owner);
    return owner;
  }

  for (let i = profile.samples.length - 1; i >= 0 && left > 0; i -= 1) {
    const id = profile.samples[i] as number;
    const micros = profile.timeDeltas[i] as number;
    left -= micros;
    const node = nodes.get(id) as Node;
    if (node.callFrame.functionName === IDLE) continue;
    busyMicros += micros;
    add(functions, describe(node), micros);
    add(owners, ownerOf(id), micros);
  }
  return { busyMicros, functions: ranked(functions), owners: ranked(owners) };
}

function ownName({ callFrame: { functionName, url } }: Node): string | undefined {
  if (functionName.startsWith('(') && functionName !== '(root)') return functionName;
  return PACKAGE.exec(url)?.[1] ?? OURS.exec(url)?.[1];
}

function describe({ callFrame: { functionName, url, lineNumber } }: Node): string {
  const file = OURS.exec(url)?.[0]?.slice(1) ?? url.replace(/.*node_modules\//, '');
  const place =
    file === '' ? 'native' : `${file.replace(/^.*\/(src|providers)\//, '$1/')}:${lineNumber + 1}`;
  return `${functionName || '(anonymous)'}  ${place}`;
}

function add(counts: Map<string, number>, name: string, micros: number): void {
  counts.set(name, (counts.get(name) ?? 0) + micros);
}

function ranked(counts: Map<string, number>): Spender[] {
  const spenders = [...counts].map(([name, micros]) => ({ name, micros }));
  return spenders.sort((a, b) => b.micros - a.micros);
}
