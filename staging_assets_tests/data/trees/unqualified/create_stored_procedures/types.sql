do $$ begin create type mood as enum ('sad', 'happy'); exception when duplicate_object then null; end $$;
