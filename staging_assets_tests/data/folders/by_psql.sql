-- What luigi did of the two folders, in its order.
create schema mart;
\i public/schemas/tables/CREATE-mart-lookup_races.sql
insert into mart.lookup_races values (0, 'Unknown'), (1, 'Poodle'), (2, 'Beagle');
\i private/functions/ages.sql
\i public/schemas/functions/names.sql
\i private/tables/CREATE-mart-dogs.sql
\i public/schemas/tables/CREATE-mart-walks.sql
\i private/fill/north/POPULATE-mart-dogs.sql
\i private/fill/north/POPULATE-mart-walks.sql
update mart.walks set long_walk = minutes > 60;
alter schema mart rename to staging;
