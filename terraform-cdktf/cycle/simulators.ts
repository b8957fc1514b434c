/** The simulators' control, at the address of their task. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clients } from './clients.ts';

export interface Simulators {
  url: string;
  charges(): Promise<Charge[]>;
  setFaults(rules: readonly object[]): Promise<void>;
}

export interface Charge {
  provider: string;
  reference: string;
  externalId?: string;
  requests: number;
}

const PORT = 9100;

export async function findSimulators({ discovery }: Clients, name: string): Promise<Simulators> {
  const query = { NamespaceName: `${name}.internal`, ServiceName: 'simulators' };
  for (let tries = 0; tries < 100; tries += 1) {
    const { Instances = [] } = await discovery.discoverInstances(query);
    const address = Instances[0]?.Attributes?.AWS_INSTANCE_IPV4;
    if (address) return makeSimulators(`http://${address}:${PORT}`);
    await sleep(200);
  }
  throw new Error('service discovery knows no simulators');
}

function makeSimulators(url: string): Simulators {
  return {
    url,
    async charges() {
      const answer = await fetch(`${url}/control/charges`);
      return ((await answer.json()) as { charges: Charge[] }).charges;
    },
    async setFaults(rules) {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ rules });
      const answer = await fetch(`${url}/control/faults`, { method: 'PUT', headers, body });
      if (!answer.ok) throw new Error(`the simulators answered ${answer.status}`);
    },
  };
}
