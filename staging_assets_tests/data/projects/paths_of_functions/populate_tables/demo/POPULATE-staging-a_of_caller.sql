set search_path = staging; insert into staging.a_of_caller select of_caller();
