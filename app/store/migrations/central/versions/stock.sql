-- Stock held for calls, allocations to orders, and what desks were told of stock.
ALTER TABLE change
    DROP CONSTRAINT ck_change_kind_known,
    ADD CONSTRAINT ck_change_kind_known CHECK (kind IN ('product', 'town', 'policy', 'guidance', 'stock', 'order'));
