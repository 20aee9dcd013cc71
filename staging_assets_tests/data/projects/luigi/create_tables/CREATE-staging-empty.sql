create table staging.empty ();
