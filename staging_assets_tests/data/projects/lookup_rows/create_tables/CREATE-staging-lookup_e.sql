create table staging.lookup_e (
    like staging.lookup_d
);
