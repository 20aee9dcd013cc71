create table staging."Mixed Case" (
    "Id" serial primary key,
    "a ""quoted"" one" text default 'it''s',
    "select" int,
    "Ünïcode" text,
    constraint "is % odd" check ("select" > 0)
);
create index "Mixed Idx" on staging."Mixed Case" ("select" desc);
comment on column staging."Mixed Case"."a ""quoted"" one" is 'odd';
