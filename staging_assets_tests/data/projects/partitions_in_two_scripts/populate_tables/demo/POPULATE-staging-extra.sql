alter table staging.fares attach partition staging.extra for values from ('2020-01-01') to ('2021-01-01');
