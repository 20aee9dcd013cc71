INSERT INTO STAGING.Folded SELECT "Id", "Id" FROM Staging."Mixed Case";
