create table staging.nothing ();
