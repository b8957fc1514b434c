/** The costs as docs/deploy.md shows them: every number comes from costs/. */
import { byPart, fixedCosts, HOURS_PER_MONTH, total } from '../costs/fixed.ts';
import type { PresetName } from '../costs/inventory.ts';
import { type Price, prices, sources } from '../costs/prices.ts';
import { costsPerMillion, sum } from '../costs/usage.ts';
import { presets } from '../settings/presets.ts';
import type { Settings } from '../settings/schema.ts';
import { table } from './markdown.ts';

const PRESETS: readonly PresetName[] = ['sandbox', 'production'];
const MILLIONS_A_MONTH = [1, 10, 100];

const dollars = (usd: number) => `$${usd.toFixed(2)}`;
const rounded = (value: number) => String(Number(value.toPrecision(4)));
const priced = ({ usd, unit }: Price) => `$${usd} per ${unit}`;

/** Scaled out to the most that the preset allows, all month long. */
function allTasks(preset: PresetName): Partial<Settings> {
  const { apiTasksMax, workerTasksMax } = presets[preset];
  return { apiTasksMin: apiTasksMax, workerTasksMin: workerTasksMax };
}

export function summaryTable(): string {
  const rows = PRESETS.map((preset) => {
    const monthly = total(fixedCosts(preset));
    return [
      `\`${preset}\``,
      `**${dollars(monthly)}**`,
      dollars(monthly / HOURS_PER_MONTH),
      dollars(total(fixedCosts(preset, allTasks(preset)))),
      dollars(sum(costsPerMillion(preset))),
      ...MILLIONS_A_MONTH.map((millions) =>
        dollars(monthly / millions + sum(costsPerMillion(preset))),
      ),
    ];
  });
  const head = [
    'preset',
    'a month',
    'an hour',
    'a month, all tasks',
    'each further million payments',
  ];
  const volumes = MILLIONS_A_MONTH.map((millions) => `a million, at ${millions} M a month`);
  return table([...head, ...volumes], rows);
}

export function partsTable(preset: PresetName): string {
  const lines = fixedCosts(preset);
  const all = total(lines);
  const rows = byPart(lines).map(([part, monthly]) => [
    part,
    dollars(monthly),
    `${Math.round((monthly / all) * 100)} %`,
  ]);
  return table([`\`${preset}\``, 'a month', 'share'], rows);
}

export function linesTable(preset: PresetName): string {
  const lines = fixedCosts(preset);
  const rows = lines.map(({ part, what, quantity, price, monthly }) => [
    part,
    what,
    rounded(quantity),
    priced(price),
    dollars(monthly),
  ]);
  rows.push(['**together**', '', '', '', `**${dollars(total(lines))}**`]);
  return table([`\`${preset}\``, 'what', 'how many', 'price', 'a month'], rows);
}

const existingKafka = {
  existingKafkaBrokers: 'kafka.example.com:9096',
  existingKafkaSecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:kafka-AbCdEf',
};

/** One setting at a time, so that the savings do not add up exactly. */
export const LEVERS: readonly [preset: PresetName, changes: Partial<Settings>, price: string][] = [
  ['production', { kafkaInstanceType: 'kafka.t3.small' }, 'little throughput, no tiered storage'],
  ['production', { redisNodeType: 'cache.t4g.micro' }, 'half a gigabyte: watch its memory alarm'],
  ['production', { vpcEndpoints: false }, 'images, logs and secrets go through the NAT'],
  ['production', { natGateways: 'one' }, 'a lost zone may take the way to the providers along'],
  ['production', { apiTasksMin: 2 }, 'one lost task is half of the api'],
  ['sandbox', existingKafka, 'a Kafka that you have already'],
];

export function leversTable(): string {
  const rows = LEVERS.map(([preset, changes, drawback]) => {
    const saved = total(fixedCosts(preset)) - total(fixedCosts(preset, changes));
    const [[name, value] = [], ...others] = Object.entries(changes);
    const beside = others.map(([other]) => `, with \`${other}\``).join('');
    return [`\`${preset}\``, `\`${name}=${value}\`${beside}`, dollars(saved), drawback];
  });
  return table(['preset', 'setting', 'saves a month', 'for'], rows);
}

export function usageTable(preset: PresetName): string {
  const usages = costsPerMillion(preset);
  const rows = usages.map(({ what, quantity, price, usd }) => [
    what,
    rounded(quantity),
    priced(price),
    dollars(usd),
  ]);
  rows.push(['**together**', '', '', `**${dollars(sum(usages))}**`]);
  return table([`a million payments, \`${preset}\``, 'how many', 'price', 'costs'], rows);
}

export function pricesTable(): string {
  const rows = Object.entries(prices as Record<string, Price>).map(([name, price]) => {
    const { date, page } = sources[price.source];
    return [words(name), priced(price), date, `<${page}>`];
  });
  return table(['price of', 'is', 'as of', 'where'], rows);
}

/** loadBalancerUnit → load balancer unit; a type's name stays as it is. */
function words(name: string): string {
  if (name.includes('.')) return `\`${name}\``;
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
