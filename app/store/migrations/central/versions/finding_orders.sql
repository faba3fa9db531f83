-- What orders are found by. Run by the owner role, in one transaction, on a database in use: while an
-- index is built its table is read as always, and what is to be written to it waits. A test holds this
-- and the models together.

-- By product, the newest first: an order's id begins with the time at which its call began.
CREATE INDEX ix_order_line_code_order_id ON order_line (code, order_id);
DROP INDEX ix_order_line_code;

CREATE INDEX ix_sales_order_total_minor_placed_at ON sales_order (total_minor, placed_at);

-- By words of a description, which lead to codes.
CREATE INDEX ix_product_words ON product USING gin (to_tsvector('simple'::regconfig, description));

-- E-mail addresses are found by their beginning, too; equality is served as before.
DROP INDEX ix_customer_email_folded;
CREATE INDEX ix_customer_email_folded ON customer (lower(email) text_pattern_ops);
