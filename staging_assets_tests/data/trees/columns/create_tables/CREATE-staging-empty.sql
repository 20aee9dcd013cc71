create table staging.empty (id bigserial, t text not null, unique (t));
