-- Documents of orders and entries of read-backs are compressed by LZ4 from now on, which takes a
-- third of the time of the server's own way; what is stored already stays as it is and can be read
-- as ever. Run by the owner role, in one transaction, on a database in use. A server that was built
-- without LZ4 refuses it: there all stays as it was. It is no part of what the tables mean, so that
-- the models do not name it.

DO $$
BEGIN
    ALTER TABLE order_version ALTER COLUMN document SET COMPRESSION lz4;
    ALTER TABLE read_back_entry ALTER COLUMN document SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END $$;
