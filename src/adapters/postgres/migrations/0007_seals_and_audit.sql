-- Up Migration

-- What was booked and is in no seal yet. A row comes by trigger in the commit that books, so it is seen with what it
-- names, whatever the order in which ids were handed out; the sealer takes it away in the commit that seals.
create table ledger_unsealed (
  transaction_id bigint primary key
);

-- One batch: which ledger transactions, the SHA-256 of each, and of all of it with the seal before.
create table ledger_seals (
  number integer primary key check (number > 0),
  hash bytea not null check (length(hash) = 32),
  transactions bigint[] not null check (cardinality(transactions) > 0),
  digests bytea[] not null check (cardinality(digests) = cardinality(transactions)),
  sealed_at timestamptz not null default now()
);
create trigger ledger_seals_append_only before update or delete or truncate
  on ledger_seals for each statement execute function refuse_change();

-- One row: where the chain ends, apart from the chain.
create table ledger_seal_head (
  is_head boolean primary key default true check (is_head),
  count integer not null default 0,
  hash bytea,
  check ((count = 0) = (hash is null))
);
insert into ledger_seal_head default values;

-- As the owner: who books needs no right to the list, and cannot book past it.
create function await_seal() returns trigger language plpgsql security definer set search_path from current as $$
begin
  insert into ledger_unsealed (transaction_id) select id from booked;
  return null;
end $$;
-- Once for a statement, which books up to 200 payments.
create trigger ledger_transactions_await_seal after insert on ledger_transactions
  referencing new table as booked for each statement execute function await_seal();

-- What is there already. Who books meanwhile waits for this migration, because of the trigger above.
insert into ledger_unsealed select id from ledger_transactions;

-- Beside the name that a person typed: whom the server let in, and from where. Null in rows that are older, and the
-- address where the connection was no network's.
alter table audit_log add column database_user text, add column client_address inet;
alter table audit_log
  alter column database_user set default session_user,
  alter column client_address set default inet_client_addr();

-- Down Migration

alter table audit_log drop column client_address, drop column database_user;
drop trigger ledger_transactions_await_seal on ledger_transactions;
drop function await_seal;
drop table ledger_seal_head, ledger_seals, ledger_unsealed;
