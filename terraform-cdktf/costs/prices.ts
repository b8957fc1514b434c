/**
 * What AWS asks for in eu-west-1, in US dollars without tax, free tiers or discounts. Each price has the
 * document that it was read in and that document's date: check them before you sign anything.
 */
export interface Price {
  usd: number;
  unit: string;
  source: keyof typeof sources;
}

const LIST = 'https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws';
/** An archive of AWS's price lists, by service and region. */
const ARCHIVE = 'https://github.com/QuinnyPig/aws-price-watcher/blob';
const ARCHIVED = '33830cdbf4afc215596e3248415a0d5cf0ab893b';

/** `date` is the document's own; an archive without one says so. */
export const sources = {
  fargate: {
    date: '11 September 2026',
    page: `${LIST}/AmazonECS/20260911124425/eu-west-1/index.json`,
  },
  address: {
    date: '17 September 2026',
    page: `${LIST}/AmazonVPC/20260917190528/eu-west-1/index.json`,
  },
  nat: {
    date: '25 September 2026',
    page: `${LIST}/AmazonEC2/20260925174521/eu-west-1/index.json`,
  },
  cloudwatch: {
    date: '22 September 2026',
    page: `${LIST}/AmazonCloudWatch/20260922021715/eu-west-1/index.json`,
  },
  secrets: {
    date: '11 September 2026',
    page: `${LIST}/AWSSecretsManager/20260911124610/eu-west-1/index.json`,
  },
  registry: {
    date: '11 September 2026',
    page: `${LIST}/AmazonECR/20260911124425/eu-west-1/index.json`,
  },
  transfer: {
    date: '16 September 2026',
    page: `${LIST}/AWSDataTransfer/20260916132208/eu-west-1/index.json`,
  },
  loadBalancer: {
    date: 'archive, undated (about May 2025); the hour agrees with a bill of July 2026',
    page: `${ARCHIVE}/${ARCHIVED}/processed/elb.json`,
  },
  kafka: {
    date: 'archive, undated (about May 2025)',
    page: `${ARCHIVE}/${ARCHIVED}/processed/msk.json`,
  },
  bill: {
    date: 'a bill of July 2026 for eu-west-1, cost by quantity',
    page: 'https://aws.amazon.com/rds/postgresql/pricing/',
  },
  endpointBill: {
    date: 'a bill of July 2026 for eu-west-1, cost by quantity',
    page: 'https://aws.amazon.com/privatelink/pricing/',
  },
  zoneBill: {
    date: 'a bill of July 2026, cost by quantity',
    page: 'https://aws.amazon.com/route53/pricing/',
  },
  postgresGuess: {
    date: '**assumed**: N. Virginia on 24 September 2026 (0.239) × 1.12',
    page: 'https://aws.amazon.com/rds/postgresql/pricing/',
  },
  redisGuess: {
    date: '**assumed**: N. Virginia, archive of 2025 (0.016 and 0.219) × 1.12',
    page: 'https://aws.amazon.com/elasticache/pricing/',
  },
  keys: {
    date: '14 March 2026, on cloudburn.io/blog/aws-kms-pricing',
    page: 'https://aws.amazon.com/kms/pricing/',
  },
  firewall: {
    date: 'stored copy, undated, of c3x.dev/blog/aws-waf-cost-explained',
    page: 'https://aws.amazon.com/waf/pricing/',
  },
  dashboard: {
    date: '13 June 2026, on factualminds.com (N. Virginia)',
    page: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
} as const;

const price = (usd: number, unit: string, source: keyof typeof sources): Price => ({
  usd,
  unit,
  source,
});

export const prices = {
  processor: price(0.04048, 'vCPU hour', 'fargate'),
  memory: price(0.004445, 'GB hour', 'fargate'),
  address: price(0.005, 'hour', 'address'),
  nat: price(0.048, 'hour', 'nat'),
  natGigabyte: price(0.048, 'GB', 'nat'),
  endpoint: price(0.011, 'hour and zone', 'endpointBill'),
  loadBalancer: price(0.0252, 'hour', 'loadBalancer'),
  loadBalancerUnit: price(0.008, 'LCU hour', 'loadBalancer'),
  'db.t4g.micro': price(0.017, 'hour', 'bill'),
  'db.r7g.large': price(0.268, 'hour', 'postgresGuess'),
  postgresGigabyte: price(0.127, 'GB month', 'bill'),
  'cache.t4g.micro': price(0.018, 'hour', 'redisGuess'),
  'cache.r7g.large': price(0.245, 'hour', 'redisGuess'),
  'kafka.t3.small': price(0.0499, 'hour', 'kafka'),
  'kafka.m7g.large': price(0.2275, 'hour', 'kafka'),
  kafkaGigabyte: price(0.11, 'GB month', 'kafka'),
  secret: price(0.4, 'month', 'secrets'),
  key: price(1, 'month', 'keys'),
  alarm: price(0.1, 'month', 'cloudwatch'),
  metric: price(0.3, 'month', 'cloudwatch'),
  dashboard: price(3, 'month', 'dashboard'),
  logGigabyte: price(0.57, 'GB', 'cloudwatch'),
  logGigabyteKept: price(0.03, 'GB month', 'cloudwatch'),
  firewall: price(5, 'month', 'firewall'),
  firewallRule: price(1, 'month', 'firewall'),
  firewallRequests: price(0.6, 'million requests', 'firewall'),
  hostedZone: price(0.5, 'month', 'zoneBill'),
  imageGigabyte: price(0.1, 'GB month', 'registry'),
  gigabyteOut: price(0.09, 'GB', 'transfer'),
} satisfies Record<string, Price>;

export type PriceName = keyof typeof prices;
