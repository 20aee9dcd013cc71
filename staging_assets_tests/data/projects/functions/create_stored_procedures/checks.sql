create function staging.is_good(int) returns boolean language sql as 'select $1 < staging.limit_of(''x'')';
create function staging.limit_of(text) returns int language sql begin atomic select count(*)::int from staging.b; end;
