insert into staging.a_table table only staging.z_last;
