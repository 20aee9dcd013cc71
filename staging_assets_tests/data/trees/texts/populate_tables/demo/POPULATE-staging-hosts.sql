insert into staging.hosts (host) values ('staging.data.com'), ('live.data.com'), ('staging.hosts');
insert into staging.hosts (host, stage, note)
select a.host || '.' || a.table_schema, 'staging.data', 'staging' from etl.audit as a where a.table_schema = 'staging';
do $$
declare
    host text := 'staging.data.do';
    relation text := 'staging.hosts';
begin
    insert into staging.hosts (host, note) values (host, 'staging.data');
    update staging.hosts set note = 'staging.data.note' where hosts.host = 'staging.data.do';
end
$$;
