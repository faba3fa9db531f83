-- Orders that go to the warehouse though no money is held for them, because a lead answers for it. Run by
-- the owner role, in one transaction, on a database in use: while the index is built orders are read as
-- always, and what is to be written waits. A test holds this and the models together.

DROP INDEX ix_sales_order_to_hand_over;
CREATE INDEX ix_sales_order_to_hand_over ON sales_order (received_at, order_id) WHERE handed_revision IS DISTINCT FROM revision AND (state = 'released' OR state = 'accepted' AND (payment_state IN ('authorised', 'paid', 'on_account') OR total_minor = 0) OR state = 'cancelled' AND handed_revision IS NOT NULL);
