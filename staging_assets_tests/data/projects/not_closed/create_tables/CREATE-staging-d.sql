create table staging.d (id int);
do $body$ begin null; end $other$;
