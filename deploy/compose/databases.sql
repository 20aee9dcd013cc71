-- One database for Dagster's history, one for each department.
create database dagster;
create database north;
create database south;
