import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFields } from '../../../src/domain/telemetry.ts';
import { type LoggerOptions, makeLogger } from '../../../src/log.ts';
import { memoryStream } from '../../support/memory-stream.ts';

type Line = Record<string, unknown>;

async function linesOf(
  use: (logger: ReturnType<typeof makeLogger>) => void,
  options: Partial<LoggerOptions> = {},
): Promise<Line[]> {
  const stream = memoryStream();
  const logger = makeLogger({ level: 'debug', role: 'api', stream, ...options });
  use(logger);
  await logger.close();
  return stream
    .text()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

async function oneLine(message: string, fields?: LogFields): Promise<Line> {
  const [line] = await linesOf((logger) => logger.error(message, fields));
  return line ?? assert.fail('nothing was written');
}

test('a line has its time, level, role, message and fields', async () => {
  const [line] = await linesOf((logger) => logger.info('request', { status: 202, code: 'x' }));
  const { time, ...rest } = line ?? {};
  assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(rest, {
    level: 'info',
    role: 'api',
    message: 'request',
    status: 202,
    code: 'x',
  });
});

test('what is below the level is not written', async () => {
  const lines = await linesOf(
    (logger) => {
      logger.debug('a');
      logger.info('b');
      logger.warn('c');
      logger.error('d');
    },
    { level: 'warn' },
  );
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['c', 'd'],
  );
});

test('a child adds its fields to each line', async () => {
  const [line] = await linesOf((logger) =>
    logger.child({ provider: 'MTN' }).child({ market: 'ZM' }).warn('slow', { market: 'UG' }),
  );
  assert.equal(line?.provider, 'MTN');
  assert.equal(line?.market, 'UG');
});

test('SEC-10 a field that is not on the list is dropped', async () => {
  const line = await oneLine('x', {
    paymentId: 'pay_1',
    msisdn: '+260971234567',
    authorization: 'Bearer x',
    body: { any: 'thing' },
  });
  assert.deepEqual(Object.keys(line), ['time', 'level', 'role', 'message', 'paymentId']);
});

test('SEC-10 an object in a field of the list is dropped: it could hold anything', async () => {
  const line = await oneLine('x', { reason: { secret: 'canary' }, partitions: [1, 2, { a: 'b' }] });
  assert.equal(line.reason, undefined);
  assert.equal(line.partitions, '1,2');
});

test('SEC-10 no MSISDN, key, token or password survives in any text', async () => {
  const canaries = [
    ['+260971234567', /260971234567/],
    ['/accountholder/msisdn/260971234567/active', /260971234567/],
    ['%2B260971234567', /260971234567/],
    ['airtel said 971234567', /971234567/],
    ['Authorization: Bearer abc.DEF-123', /abc\.DEF/],
    ['basic dXNlcjpwYXNz', /dXNlcjpw/],
    ['pga_live_0123456789abcdefghij', /0123456789abcdefghij/],
    ['postgres://app:canary@db/x', /canary/],
    ['POST /callbacks/mtn/canary-token', /canary-token/],
  ] as const;
  for (const [text, canary] of canaries) {
    const error = new Error(`failed: ${text}`, { cause: new Error(`cause: ${text}`) });
    const line = await oneLine(`message ${text}`, { reason: text, error });
    assert.doesNotMatch(JSON.stringify(line), canary, text);
  }
});

test('an MSISDN keeps what a person needs to recognise it', async () => {
  const line = await oneLine('payer +260971234567, written 971234567');
  assert.equal(line.message, 'payer +260*****4567, written *****4567');
});

test('ids keep their digits, also when they are many', async () => {
  const ids = {
    paymentId: 'pay_01234567890123456789012345678901',
    requestId: '01234567-0123-7012-8012-012345678901',
    traceId: '01234567890123456789012345678901',
    offset: 123_456_789_012n,
    durationMs: 1_234_567_890,
  };
  const line = await oneLine('x', ids);
  for (const [name, value] of Object.entries(ids)) {
    assert.equal(line[name], typeof value === 'bigint' ? String(value) : value);
  }
});

test('SEC-10 a line break cannot forge a line', async () => {
  const stream = memoryStream();
  const logger = makeLogger({ level: 'info', role: 'api', stream });
  logger.info('a\r\n{"level":"error"}', { reason: 'b\nc' });
  await logger.close();
  assert.equal(stream.text().split('\n').length, 2);
});

test('an error shows its code and causes, and its stack at level error alone', async () => {
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  const error = new TypeError('no answer', { cause });
  const [warned, failed] = await linesOf((logger) => {
    logger.warn('x', { error });
    logger.error('x', { error });
  });
  assert.deepEqual(warned?.error, {
    name: 'TypeError',
    message: 'no answer',
    cause: { name: 'Error', message: 'refused', code: 'ECONNREFUSED' },
  });
  assert.match(JSON.stringify(failed?.error), /"stack":"TypeError: no answer\\n/);
});

test('an error that is its own cause ends somewhere', async () => {
  const error = new Error('round');
  error.cause = error;
  await oneLine('x', { error });
});

test('an endless text is cut', async () => {
  const line = await oneLine('x'.repeat(100_000), { reason: 'y'.repeat(100_000) });
  assert.ok(JSON.stringify(line).length < 5_000);
});

test('values that JSON cannot have do no harm', async () => {
  const line = await oneLine('x', {
    count: 5n,
    reason: undefined,
    status: Number.NaN,
    code: () => 'x',
    state: new Date(Number.NaN),
    kind: Symbol('s'),
  });
  assert.equal(line.count, '5');
  assert.equal(line.state, null);
});

test('a line for people has no control characters', async () => {
  const stream = memoryStream();
  const logger = makeLogger({ level: 'info', role: 'dev', stream, pretty: true });
  logger.info('ready\u001b[31m', { port: 8_080, reason: 'a\nb' });
  await logger.close();
  assert.match(stream.text(), /^[\d:.]+ INFO {2}ready\\u001b\[31m port=8080 reason=a\\nb\n$/);
});
