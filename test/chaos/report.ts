import type { Fleet } from './fleet.ts';
import type { History } from './load.ts';

/** What one kind of bad weather came to. */
export interface Report {
  name: string;
  figures: Record<string, string | number>;
  /** Broken promises; empty when all were kept. */
  problems: readonly string[];
}

export async function reportOf(
  name: string,
  { pool, control }: Fleet,
  { stories, counts }: History,
  problems: readonly string[],
  figures: Report['figures'] = {},
): Promise<Report> {
  const { rows } = await pool.query<{ status: string; n: number }>(
    'select status, count(*)::integer as n from payments group by status order by status',
  );
  const payments = Object.fromEntries(rows.map(({ status, n }) => [`payments ${status}`, n]));
  const charges = (await control.charges()).length;
  const answers = Object.fromEntries(
    Object.entries(counts)
      .sort()
      .map(([what, n]) => [what.startsWith('no answer') ? what : `answered ${what}`, n]),
  );
  const all = { ...figures, keys: stories.length, ...answers, ...payments, charges };
  return { name, figures: all, problems };
}
