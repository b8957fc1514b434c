-- Up Migration

-- One link for each commit of a payment, with that commit's facts as the bytes that were hashed. No foreign
-- key: every link is written by the statement that writes its payment, and `verify` finds one without.
create table payment_timeline (
  payment_id text not null,
  number integer not null check (number > 0),
  hash bytea not null check (length(hash) = 32),
  facts text not null,
  primary key (payment_id, number)
);
create trigger payment_timeline_append_only before update or delete or truncate
  on payment_timeline for each statement execute function refuse_change();

-- The chain of a payment that was there before begins with its next write.
alter table payments
  add column timeline_count integer not null default 0,
  add column timeline_head bytea,
  add column evidence jsonb not null default '[]',
  add column resolves_by timestamptz,
  -- Callbacks hold no fence: they are counted, and the next fenced write tells of them.
  add column hints_heard integer not null default 0,
  add column hints_told integer not null default 0,
  add column hint_claimed text,
  add constraint payments_timeline check ((timeline_count = 0) = (timeline_head is null));

-- Down Migration

alter table payments
  drop column timeline_count, drop column timeline_head, drop column evidence, drop column resolves_by,
  drop column hints_heard, drop column hints_told, drop column hint_claimed;
drop table payment_timeline;
