-- Stock held for calls, allocations to orders, and what desks were told of stock.
-- Run by the owner role, in one transaction, on a database in use. What each table means is said in
-- app/models/central/stock.py and catalogue.py; a test holds the two together.
ALTER TABLE change
    DROP CONSTRAINT ck_change_kind_known,
    ADD CONSTRAINT ck_change_kind_known CHECK (kind IN ('product', 'town', 'policy', 'guidance', 'stock', 'order'));

ALTER TABLE stock_level
    ADD COLUMN expected_on DATE,
    ADD COLUMN told BIGINT,
    ADD COLUMN told_expected_on DATE,
    ADD COLUMN told_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN revision BIGINT NOT NULL DEFAULT 0,
    ADD CONSTRAINT ck_stock_level_revision_not_negative CHECK (revision >= 0),
    ADD CONSTRAINT ck_stock_level_told_whole CHECK (num_nulls(told, told_at) IN (0, 2));

CREATE TABLE stock_hold (
    code TEXT NOT NULL,
    order_id UUID NOT NULL,
    device_id UUID NOT NULL,
    quantity BIGINT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_stock_hold PRIMARY KEY (code, order_id, device_id),
    CONSTRAINT ck_stock_hold_quantity_positive CHECK (quantity >= 1),
    CONSTRAINT fk_stock_hold_code FOREIGN KEY(code) REFERENCES stock_level (code)
);
CREATE INDEX ix_stock_hold_code_expires_at ON stock_hold (code, expires_at);
CREATE INDEX ix_stock_hold_expires_at ON stock_hold (expires_at);
CREATE INDEX ix_stock_hold_order_id ON stock_hold (order_id);

CREATE TABLE order_allocation (
    order_id UUID NOT NULL,
    code TEXT NOT NULL,
    allocated BIGINT NOT NULL,
    back_ordered BIGINT NOT NULL,
    CONSTRAINT pk_order_allocation PRIMARY KEY (order_id, code),
    CONSTRAINT ck_order_allocation_allocated_not_negative CHECK (allocated >= 0),
    CONSTRAINT ck_order_allocation_back_ordered_not_negative CHECK (back_ordered >= 0),
    CONSTRAINT fk_order_allocation_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id),
    CONSTRAINT fk_order_allocation_code FOREIGN KEY(code) REFERENCES stock_level (code)
);
CREATE INDEX ix_order_allocation_code ON order_allocation (code);

-- What the service may do, and nothing else: counts come from the owner role.
REVOKE UPDATE (on_hand) ON stock_level FROM readback_service;
GRANT SELECT, INSERT, DELETE ON stock_hold TO readback_service;
GRANT UPDATE (quantity, expires_at) ON stock_hold TO readback_service;
GRANT SELECT, INSERT ON order_allocation TO readback_service;
GRANT UPDATE (told, told_expected_on, told_at, revision) ON stock_level TO readback_service;
