insert into staging."People" select id from ETL.persons;
