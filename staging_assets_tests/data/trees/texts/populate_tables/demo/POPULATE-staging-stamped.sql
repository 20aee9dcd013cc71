insert into staging.stamped (stamp) values ('a'), ('staging.data'), ('staging');
