create table staging.said (
    n int,
    said text,
    relation regclass default 'staging.hosts',
    exists_now bool default (to_regclass('staging.hosts') is not null)
);
