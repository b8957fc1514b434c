-- Up Migration

create table merchants (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
  name text not null,
  created_at timestamptz not null default now()
);

-- Only a keyed hash of a key is kept, and enough of its beginning to tell keys apart in a list.
create table api_keys (
  id text primary key,
  merchant_id text not null references merchants,
  prefix text not null,
  key_hash bytea not null unique,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);

-- The authority on duplicates. A table of its own, so that payments can be partitioned by time while
-- (merchant, key) stays unique for ever. The answer may be pruned; the row stays.
create table idempotency_keys (
  merchant_id text not null,
  key_hash bytea not null,
  fingerprint text not null,
  payment_id text not null,
  answer_status smallint,
  answer_type text,
  answer_body text,
  answered_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (merchant_id, key_hash)
);
create index idempotency_keys_to_prune on idempotency_keys (answered_at) where answer_body is not null;

create table payments (
  id text primary key,
  merchant_id text not null,
  key_hash bytea not null,
  status text not null check (
    status in ('RECEIVED', 'ACCEPTED', 'UNKNOWN', 'SUCCEEDED', 'FAILED', 'MANUAL_REVIEW')
  ),
  provider text not null,
  market text not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  payer_masked text not null,
  payer_cipher bytea not null,
  payer_index bytea not null,
  message_key text not null,
  reference text,
  description text,
  metadata jsonb,
  failure jsonb,
  routed_by text not null,
  request_id text not null,
  traceparent text not null,
  -- Who may write: the holder of this number, until the lease ends and somebody takes the next one.
  -- A lease is cleared by its holder's write, so the same number never writes twice.
  fence bigint not null default 1,
  lease_until timestamptz,
  dispatched_at timestamptz not null default now(),
  -- "Not found" counts only after this: the end of the dispatch's lease, and the grace.
  grace_until timestamptz not null,
  attempt_number smallint not null default 1,
  attempt_outcome text,
  not_found_count smallint not null default 0,
  status_queries integer not null default 0,
  next_check_at timestamptz,
  -- A hint asks for one query more, at most every two seconds, and uses up none of the schedule.
  hinted boolean not null default false,
  hinted_at timestamptz,
  jobs_sequence integer not null default 0,
  events_sequence integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((status = 'FAILED') = (failure is not null))
) with (fillfactor = 80);
create index payments_by_merchant on payments (merchant_id, id);
create index payments_by_reference on payments (merchant_id, reference) where reference is not null;
create index payments_due on payments (next_check_at) where next_check_at is not null;

create table attempts (
  payment_id text not null references payments,
  number smallint not null,
  provider text not null,
  market text not null,
  provider_reference text not null,
  outcome text check (outcome in ('accepted', 'declined', 'not_taken', 'unknown')),
  reason text,
  -- True for good once a request may have reached the provider.
  may_have_left boolean not null default false,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (payment_id, number),
  unique (provider, market, provider_reference)
) with (fillfactor = 80);

-- The graph of architecture.md, once more, where no program can go round it.
create function refuse_illegal_move() returns trigger language plpgsql as $$
begin
  if not (
    (old.status = 'RECEIVED' and new.status in ('ACCEPTED', 'UNKNOWN', 'FAILED'))
    or (old.status = 'UNKNOWN' and new.status in ('ACCEPTED', 'SUCCEEDED', 'FAILED', 'MANUAL_REVIEW'))
    or (old.status = 'ACCEPTED' and new.status in ('SUCCEEDED', 'FAILED', 'MANUAL_REVIEW'))
    or (old.status = 'MANUAL_REVIEW' and new.status in ('SUCCEEDED', 'FAILED'))
  ) then
    raise exception 'payment % may not move from % to %', old.id, old.status, new.status
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger payments_legal_moves before update of status on payments
  for each row when (old.status is distinct from new.status) execute function refuse_illegal_move();

create function refuse_payment_born_late() returns trigger language plpgsql as $$
begin
  raise exception 'a payment begins as RECEIVED' using errcode = 'check_violation';
end $$;
create trigger payments_begin_received before insert on payments
  for each row when (new.status <> 'RECEIVED') execute function refuse_payment_born_late();

create table outbox (
  id bigint generated always as identity primary key,
  event_id uuid not null,
  shard smallint not null,
  topic text not null,
  message_key text not null,
  value text not null,
  headers jsonb not null default '{}',
  created_at timestamptz not null default now(),
  published_at timestamptz
);
create index outbox_unpublished on outbox (shard, id) where published_at is null;
create index outbox_published on outbox (published_at) where published_at is not null;

create table processed_events (
  consumer text not null,
  event_id uuid not null,
  processed_at timestamptz not null default now(),
  primary key (consumer, event_id)
);
create index processed_events_by_age on processed_events (processed_at);

create table ledger_transactions (
  id bigint generated always as identity primary key,
  payment_id text not null references payments,
  kind text not null,
  created_at timestamptz not null default now(),
  unique (payment_id, kind)
);
create table ledger_entries (
  transaction_id bigint not null references ledger_transactions,
  line smallint not null,
  account text not null,
  side text not null check (side in ('debit', 'credit')),
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  primary key (transaction_id, line)
);
create index ledger_entries_by_account on ledger_entries (account, currency);

-- Checked at commit, so that the entries of one transaction may arrive one by one.
create function require_balance(checked bigint) returns void language plpgsql as $$
declare
  entries integer;
  unbalanced integer;
begin
  select count(*)::integer into entries from ledger_entries where transaction_id = checked;
  if entries < 2 then
    raise exception 'ledger transaction % has fewer than two entries', checked
      using errcode = 'check_violation';
  end if;
  select count(*)::integer into unbalanced from (
    select 1 from ledger_entries where transaction_id = checked group by currency
    having sum(case side when 'debit' then amount_minor else -amount_minor end) <> 0
  ) as by_currency;
  if unbalanced > 0 then
    raise exception 'debits and credits of ledger transaction % differ', checked
      using errcode = 'check_violation';
  end if;
end $$;
create function check_entry() returns trigger language plpgsql as $$
begin perform require_balance(new.transaction_id); return null; end $$;
create function check_transaction() returns trigger language plpgsql as $$
begin perform require_balance(new.id); return null; end $$;
create constraint trigger ledger_entries_balance after insert on ledger_entries
  deferrable initially deferred for each row execute function check_entry();
create constraint trigger ledger_transactions_balance after insert on ledger_transactions
  deferrable initially deferred for each row execute function check_transaction();

create table discrepancies (
  id bigint generated always as identity primary key,
  payment_id text not null references payments,
  kind text not null,
  detail text not null,
  created_at timestamptz not null default now(),
  unique (payment_id, kind)
);

create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null default '{}'
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger ledger_transactions_append_only before update or delete or truncate
  on ledger_transactions for each statement execute function refuse_change();
create trigger ledger_entries_append_only before update or delete or truncate
  on ledger_entries for each statement execute function refuse_change();
create trigger audit_log_append_only before update or delete or truncate
  on audit_log for each statement execute function refuse_change();

-- Down Migration

drop table audit_log, discrepancies, ledger_entries, ledger_transactions, processed_events, outbox,
  attempts, payments, idempotency_keys, api_keys, merchants cascade;
drop function refuse_illegal_move, refuse_payment_born_late, check_entry, check_transaction,
  require_balance, refuse_change;
