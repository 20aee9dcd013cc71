create index on staging.x (id);
