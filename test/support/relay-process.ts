/**
 * A relay as a process of its own, for tests that kill it. Arguments: database URL, brokers, when
 * to die.
 */
import { makeKafkaEventBus } from '../../src/adapters/kafka/event-bus.ts';
import { makeOutboxSource } from '../../src/adapters/postgres/outbox-relay.ts';
import { makePool } from '../../src/adapters/postgres/pool.ts';
import type { EventBus } from '../../src/domain/ports.ts';
import { makeRelay } from '../../src/usecases/relay-outbox.ts';
import { recordingLogger, recordingMetrics, systemClock } from './messaging.ts';

const [databaseUrl = '', brokers = '', dies = 'never'] = process.argv.slice(2);
const { logger } = recordingLogger();
const { metrics } = recordingMetrics();
const pool = makePool({ connectionString: databaseUrl, max: 4 }, logger);
const connection = { brokers: brokers.split(','), clientId: 'relay' };
const kafka = makeKafkaEventBus({ connection, clock: systemClock, logger, metrics });
const bus: Pick<EventBus, 'publish'> = {
  async publish(messages) {
    await kafka.publish(messages);
    if (dies === 'between-ack-and-mark') process.kill(process.pid, 'SIGKILL');
  },
};
makeRelay({ outbox: makeOutboxSource(pool), bus, clock: systemClock, logger, metrics }).start();
