/** A consumer that dies after its handler's effect and before the offset's commit. */
import { makeKafkaEventBus } from '../../src/adapters/kafka/event-bus.ts';
import { recordingLogger, recordingMetrics, systemClock } from './messaging.ts';

const [brokers = '', topic = '', group = ''] = process.argv.slice(2);
const bus = makeKafkaEventBus({
  connection: { brokers: brokers.split(','), clientId: 'dies' },
  clock: systemClock,
  logger: recordingLogger().logger,
  metrics: recordingMetrics().metrics,
  timing: { sessionMs: 6_000, heartbeatMs: 200, drainMs: 1_000 },
});
await bus.subscribe({
  group,
  topic,
  async handle(messages) {
    process.stdout.write(messages.map(({ value }) => value).join());
    setImmediate(() => process.kill(process.pid, 'SIGKILL'));
    await systemClock.sleep(60_000);
    return messages.map(() => ({ kind: 'done' }));
  },
});
