CREATE TABLE STAGING.Arrests (
	id int primary key,
	person int references staging."People" ("Id")
);
