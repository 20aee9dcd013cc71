CREATE OR REPLACE VIEW a_view AS SELECT m.id, s.name FROM measurements m JOIN stations s ON s.id = m.station;
