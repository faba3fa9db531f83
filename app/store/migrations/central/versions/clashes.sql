-- Versions of customers, those who may be the same, and what a person has to part.
SELECT 1;
