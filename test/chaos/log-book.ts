import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Everything that the processes of one run have said. */
export interface LogBook {
  /** Takes the lines of one process. */
  open(label: string): (line: string) => void;
  lines(): readonly string[];
  /** Writes the book into the folder that WEATHER_LOGS names, if it does. */
  close(name: string): void;
}

export function makeLogBook(): LogBook {
  const lines: string[] = [];
  return {
    open: (label) => (line) => {
      lines.push(`${label} ${line}`);
    },
    lines: () => lines,
    close(name) {
      const folder = process.env.WEATHER_LOGS;
      if (!folder) return;
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${name}.log`), `${lines.join('\n')}\n`);
    },
  };
}
