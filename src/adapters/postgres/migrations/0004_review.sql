-- Up Migration

-- Somebody dealt with it, and said how. What happened itself stays as it was written.
alter table discrepancies
  add column closed_at timestamptz,
  add column closed_by text,
  add column close_reason text,
  add constraint discrepancies_closed_whole check (
    (closed_at is null) = (closed_by is null) and (closed_at is null) = (close_reason is null)
  );
create index discrepancies_open on discrepancies (payment_id) where closed_at is null;

-- Above a limit two people end a payment by hand: one proposes, another one confirms.
create table review_proposals (
  id bigint generated always as identity primary key,
  payment_id text not null references payments,
  outcome text not null check (outcome in ('SUCCEEDED', 'FAILED')),
  reason text not null,
  proposed_by text not null,
  proposed_at timestamptz not null default now(),
  ended_at timestamptz,
  ended_as text check (ended_as in ('confirmed', 'replaced')),
  ended_by text,
  check ((ended_at is null) = (ended_as is null) and (ended_at is null) = (ended_by is null)),
  -- Whoever writes: the same person twice is one person.
  check (ended_as is distinct from 'confirmed' or lower(ended_by) <> lower(proposed_by))
);
create unique index review_proposals_open on review_proposals (payment_id) where ended_at is null;

-- What the audit log keeps of a row before and after: anybody can compute it from the row again.
create function row_digest(content jsonb) returns text immutable language sql as $$
  select encode(sha256(convert_to(content::text, 'UTF8')), 'hex')
$$;
create function payment_digest(p payments) returns text immutable language sql as $$
  select row_digest(jsonb_build_object(
    'id', p.id, 'status', p.status, 'failure', p.failure, 'provider', p.provider, 'market', p.market,
    'amountMinor', p.amount_minor::text, 'currency', p.currency, 'attemptOutcome', p.attempt_outcome))
$$;

-- Which dead letters were replayed, and by whom.
create index audit_log_by_subject on audit_log (subject, id);

-- Down Migration

drop index audit_log_by_subject;
drop function payment_digest, row_digest;
drop table review_proposals;
drop index discrepancies_open;
alter table discrepancies drop constraint discrepancies_closed_whole,
  drop column closed_at, drop column closed_by, drop column close_reason;
