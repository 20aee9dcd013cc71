create table totals (station integer references stations (id) on delete cascade, n bigint, halves numeric);
