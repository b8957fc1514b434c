-- Up Migration

-- Append-only: the newest row for a merchant (or for all), provider and currency counts, the older ones say what was
-- in force before. No row: no fee.
create table fees (
  id bigint generated always as identity primary key,
  merchant_id text references merchants,
  provider text not null check (provider ~ '^[A-Z0-9]+$'),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  basis_points integer not null check (basis_points between 0 and 10000),
  fixed_minor bigint not null check (fixed_minor >= 0),
  set_by text not null,
  created_at timestamptz not null default now()
);
create index fees_newest on fees (provider, currency, merchant_id, id);
create trigger fees_append_only before update or delete or truncate
  on fees for each statement execute function refuse_change();

-- LED-4: a correction is another transaction that names the one it takes back; nothing is edited.
alter table ledger_transactions
  add column reverses bigint unique references ledger_transactions,
  add column reason text,
  add constraint ledger_transactions_reversal
    check ((kind = 'reversal') = (reverses is not null) and (kind = 'reversal') = (reason is not null));

-- At commit, when all entries of the reversal have arrived.
create function check_reversal() returns trigger language plpgsql as $$
begin
  if exists (select 1 from ledger_transactions where id = new.reverses
      and (reverses is not null or payment_id <> new.payment_id)) then
    raise exception 'ledger transaction % cannot be reversed by %', new.reverses, new.id
      using errcode = 'check_violation';
  end if;
  if exists (
    select 1 from
      (select * from ledger_entries where transaction_id = new.reverses) as o
      full join (select * from ledger_entries where transaction_id = new.id) as r using (line)
    where (o.account, o.amount_minor, o.currency) is distinct from (r.account, r.amount_minor, r.currency)
      or o.side is not distinct from r.side
  ) then
    raise exception 'ledger transaction % does not mirror %', new.id, new.reverses
      using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger ledger_transactions_mirror after insert on ledger_transactions
  deferrable initially deferred for each row when (new.reverses is not null)
  execute function check_reversal();

-- A charge that the provider lists and we do not know has no payment; its reference says which it is.
alter table discrepancies
  alter column payment_id drop not null,
  add column provider text,
  add column market text,
  add column provider_reference text,
  add constraint discrepancies_subject check (
    payment_id is not null
    or (provider is not null and market is not null and provider_reference is not null));
create unique index discrepancies_of_strangers
  on discrepancies (provider, market, provider_reference, kind) where payment_id is null;

-- Down Migration

drop index discrepancies_of_strangers;
alter table discrepancies drop constraint discrepancies_subject;
-- Fails while there are discrepancies without a payment: they must not vanish.
alter table discrepancies alter column payment_id set not null,
  drop column provider, drop column market, drop column provider_reference;
alter table ledger_transactions drop constraint ledger_transactions_reversal,
  drop column reverses, drop column reason;
drop function check_reversal cascade;
drop table fees;
