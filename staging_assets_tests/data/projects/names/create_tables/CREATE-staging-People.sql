create table "staging"."People" (
    "Id" int primary key,
    "select" text
);
