/** The steps of the cycle, one after the other, with their times and counts, and the table at the end. */

export interface Steps {
  /**
   * `what` resolves to the counts that the table shows, alone or with a value of the step. A step that
   * fails ends the cycle.
   */
  step(name: string, what: () => Promise<string>): Promise<void>;
  step<T>(name: string, what: () => Promise<{ said: string; value: T }>): Promise<T>;
  table(): string;
}

interface Row {
  name: string;
  result: 'ok' | 'FAILED';
  seconds: string;
  said: string;
}

const SHOWN_CHARACTERS = 200;

export function makeSteps(log: (line: string) => void): Steps {
  const rows: Row[] = [];

  async function step<T>(
    name: string,
    what: () => Promise<string | { said: string; value: T }>,
  ): Promise<T | undefined> {
    log(`${name} …`);
    const startedAt = performance.now();
    const note = (result: Row['result'], said: string) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      rows.push({ name, result, seconds, said });
      log(`${name}: ${result} in ${seconds} s; ${said}`);
    };
    try {
      const done = await what();
      note('ok', typeof done === 'string' ? done : done.said);
      return typeof done === 'string' ? undefined : done.value;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const [first = '', ...more] = message.split('\n');
      note('FAILED', first.slice(0, SHOWN_CHARACTERS));
      if (more.length > 0) log(more.join('\n'));
      throw new Error(`${name} failed`, { cause: error });
    }
  }

  return {
    step: step as Steps['step'],
    table() {
      const width = Math.max(...rows.map(({ name }) => name.length));
      return rows
        .map(({ name, result, seconds, said }) =>
          [name.padEnd(width), result.padEnd(6), `${seconds} s`.padStart(8), said].join('  '),
        )
        .join('\n');
    },
  };
}
