create type staging.hosts_stage as enum ('staging.data', 'live.data');
create table staging.hosts (
    host text primary key default 'staging.data.com' check (host <> 'staging.data.bad'),
    stage staging.hosts_stage default 'staging.data',
    note text default 'staging'
);
create index on staging.hosts (note) where host like 'staging.data%';
comment on table staging.hosts is 'See staging.data and staging.hosts';
