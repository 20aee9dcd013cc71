set search_path to staging;
insert into d_config select next_number(id), word from c_local;
