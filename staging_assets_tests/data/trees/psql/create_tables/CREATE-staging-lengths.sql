\pset format unaligned
CREATE TABLE staging.lengths (name text, length integer);
