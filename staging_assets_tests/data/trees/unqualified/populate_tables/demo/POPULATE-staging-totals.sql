insert into totals select id, count_measurements(id), half(id) from stations;
