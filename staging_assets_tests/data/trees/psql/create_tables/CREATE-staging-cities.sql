/* \i no_such_file.sql */
\i files/cities.sql
