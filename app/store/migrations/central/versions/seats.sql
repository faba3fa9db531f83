-- How seats are, whose changes are whose, and how far back the feed goes.
SELECT 1;
