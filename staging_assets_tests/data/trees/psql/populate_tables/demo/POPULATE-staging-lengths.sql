\set source 'staging.cities'
\set expression length(name)
\set filter 'id < ' :limit
\unset limit
\set limit 4
\set filter 'id < ' :limit
DO $$ begin perform ':source', 'x:limit'; end $$;
INSERT INTO staging.lengths SELECT name, :expression FROM :source WHERE :filter; INSERT INTO staging.lengths SELECT 'a' \; INSERT INTO staging.lengths SELECT 'b';
