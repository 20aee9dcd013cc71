set search_path = staging; insert into staging.a_through select through();
