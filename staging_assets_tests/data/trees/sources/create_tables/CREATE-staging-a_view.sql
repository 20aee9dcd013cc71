create view staging.a_view as table staging.z_last;
