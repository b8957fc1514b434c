-- Up Migration

-- A payment goes to another provider only while every dispatch of every other attempt surely never left, and each
-- provider has one attempt (AMB-2). The statements see to it; this is for whatever goes round them. Checked at the end of
-- a statement, which ends one attempt and begins the next. No payment with one attempt comes here.
create function refuse_second_provider() returns trigger language plpgsql as $$
begin
  if exists (
    select 1 from attempts o where o.payment_id = new.payment_id and o.number <> new.number
      and (o.may_have_left or o.outcome is distinct from 'not_taken'
        or (o.provider, o.market) = (new.provider, new.market))
  ) then
    raise exception 'payment % may not go to % as well', new.payment_id, new.provider
      using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger attempts_one_provider after insert on attempts
  for each row when (new.number > 1) execute function refuse_second_provider();
-- The way back, and an ended attempt of which it turns out that it left.
create trigger attempts_one_provider_again after update on attempts
  for each row when (
    old.outcome is not null
    and (new.outcome is null or (new.may_have_left and not old.may_have_left)))
  execute function refuse_second_provider();

-- Down Migration

drop trigger attempts_one_provider_again on attempts;
drop trigger attempts_one_provider on attempts;
drop function refuse_second_provider;
