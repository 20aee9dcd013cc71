create function staging.f() returns int language sql as $$ select 1;
