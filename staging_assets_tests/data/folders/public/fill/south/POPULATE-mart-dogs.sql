INSERT INTO mart.dogs VALUES (9, 'of the south');
