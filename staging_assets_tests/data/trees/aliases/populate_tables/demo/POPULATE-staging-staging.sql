insert into staging.staging select staging.id, 'y'::staging.a_kind from staging.filled as staging;
