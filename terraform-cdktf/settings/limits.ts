/** Numbers that are no settings: the services are told them, and the settings are held to them. */

/** Of each topic. One more worker than partitions would have nothing to do. */
export const KAFKA_PARTITIONS = 12;
/** Connections of one task to Postgres. */
export const DATABASE_POOL_MAX = 16;
/** Disks of Postgres and Kafka grow by themselves up to so many times what was ordered. */
export const STORAGE_GROWTH = 4;
