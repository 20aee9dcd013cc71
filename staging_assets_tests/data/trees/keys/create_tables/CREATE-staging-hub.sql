create table staging.hub (
    a int,
    b text,
    c int unique,
    span int4range,
    primary key (a, b) include (c),
    constraint hub_span exclude using gist (span with &&) where (a > 0),
    constraint hub_alone unique nulls not distinct (c, b),
    constraint hub_later unique (b, a) deferrable initially deferred
);
create index hub_partial on staging.hub (b) where a > 5;
create index hub_expression on staging.hub (lower(b), (a + 1));
create unique index hub_down on staging.hub (c desc nulls last, a asc) with (fillfactor = 60);
create index hub_include on staging.hub using btree (a) include (b, c);
create index hub_hash on staging.hub using hash (b);
create index hub_pattern on staging.hub (b text_pattern_ops);
create index "Hub Odd % Name" on staging.hub (b collate "C");
create index on staging.hub (c);
create index on staging.hub (c, a);
create statistics staging.hub_stats (ndistinct, dependencies) on a, b from staging.hub;
comment on index staging.hub_partial is 'Some of it.';
comment on statistics staging.hub_stats is 'Together.';
alter table staging.hub cluster on hub_down;
alter index staging.hub_expression alter column 2 set statistics 300;
alter table staging.hub replica identity full;
