copy staging.d from '/tmp/d.csv' with (format csv);
