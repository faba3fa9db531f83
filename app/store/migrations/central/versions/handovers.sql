-- Drafts on their way from one CSR to another.
SELECT 1;
