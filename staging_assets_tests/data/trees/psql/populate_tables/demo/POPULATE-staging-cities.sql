START TRANSACTION;
\copy staging.cities from 'files/cities.csv' with (format csv, header true)
\copy staging.cities (id, name) from stdin (delimiter ';')
4;inline
5;\\set
\.
INSERT INTO staging.cities SELECT 6, code, 'x' || (ARRAY[1,2,3])[2:3]::text FROM staging.countries WHERE code = 'de' \g
END;
