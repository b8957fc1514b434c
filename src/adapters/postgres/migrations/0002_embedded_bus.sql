-- Up Migration

-- The bus of role `dev`, where there is no Kafka. In a full set-up these tables stay empty.
create table bus_messages (
  -- Order within a topic. Publishers to a topic take a lock, so ids become visible in order.
  id bigint generated always as identity primary key,
  topic text not null,
  message_key text not null,
  value text not null,
  headers jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index bus_messages_by_topic on bus_messages (topic, id);

-- One reader at a time per group and topic: who holds the lease reads on from next_id.
create table bus_offsets (
  group_name text not null,
  topic text not null,
  next_id bigint not null default 0,
  owner uuid,
  lease_until timestamptz,
  primary key (group_name, topic)
);

-- Down Migration

drop table bus_offsets;
drop table bus_messages;
