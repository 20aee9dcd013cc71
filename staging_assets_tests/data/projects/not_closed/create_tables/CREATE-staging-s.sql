create table staging.s (
    a text default 'it''s
);
