call staging.fill_f('etl.y');
