create table staging.watched (id int primary key, stamped text, twice int generated always as (staging.twice(id)) stored);
create trigger stamps before insert or update on staging.watched
    for each row when (new.id > 3) execute function staging.stamp();
create trigger off before insert on staging.watched for each row execute function staging.stamp();
alter table staging.watched disable trigger off;
comment on trigger stamps on staging.watched is 'Watches.';
create rule watched_rule as on delete to staging.watched where old.id = 1 do instead nothing;
alter table staging.watched enable row level security;
create policy watched_policy on staging.watched for select to public using (id > 0);
grant select on staging.watched to public;
grant update (stamped) on staging.watched to public;
