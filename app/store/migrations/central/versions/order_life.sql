-- What becomes of orders after they have their number. Run by the owner role, in one transaction, on a
-- database in use. What the tables mean is said in app/models/central/order_life.py; a test holds the
-- two together.

ALTER TABLE sales_order ADD COLUMN fulfilment TEXT NOT NULL DEFAULT 'waiting';
ALTER TABLE sales_order
    ALTER COLUMN fulfilment DROP DEFAULT,
    ADD CONSTRAINT ck_sales_order_fulfilment_known CHECK (fulfilment IN ('waiting', 'allocated', 'picking', 'part_shipped', 'shipped', 'delivered', 'completed'));

ALTER TABLE order_version
    ADD COLUMN change_id UUID,
    ADD COLUMN cause TEXT,
    ADD CONSTRAINT ck_order_version_cause_known CHECK (cause IN ('amendment', 'cancellation', 'undo')),
    ADD CONSTRAINT ck_order_version_cause_with_change CHECK ((cause IS NULL) = (change_id IS NULL));

CREATE TABLE order_progress (
    order_id UUID NOT NULL,
    line_id UUID NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    description TEXT NOT NULL,
    ordered BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    shipped BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    returned BIGINT NOT NULL,
    CONSTRAINT pk_order_progress PRIMARY KEY (order_id, line_id),
    CONSTRAINT ck_order_progress_kind_known CHECK (kind IN ('goods', 'charge')),
    CONSTRAINT ck_order_progress_pieces_add_up CHECK (ordered >= 0 AND cancelled >= 0 AND shipped >= 0 AND cancelled + shipped <= ordered),
    CONSTRAINT ck_order_progress_delivered_was_shipped CHECK (delivered BETWEEN 0 AND shipped),
    CONSTRAINT ck_order_progress_returned_was_shipped CHECK (returned BETWEEN 0 AND shipped),
    CONSTRAINT fk_order_progress_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id)
);

CREATE TABLE order_ledger (
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    order_id UUID NOT NULL,
    revision BIGINT NOT NULL,
    part TEXT NOT NULL,
    line_id UUID,
    quantity BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    cause TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    person_id UUID,
    change_id UUID,
    CONSTRAINT pk_order_ledger PRIMARY KEY (seq),
    CONSTRAINT ck_order_ledger_part_known CHECK (part IN ('line', 'delivery', 'tax', 'goodwill')),
    CONSTRAINT ck_order_ledger_cause_known CHECK (cause IN ('placed', 'amended', 'cancelled', 'returned', 'goodwill', 'undone')),
    CONSTRAINT ck_order_ledger_line_named CHECK ((part = 'line') = (line_id IS NOT NULL)),
    CONSTRAINT fk_order_ledger_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id)
);
CREATE INDEX ix_order_ledger_order_id_seq ON order_ledger (order_id, seq);

CREATE TABLE order_change (
    change_id UUID NOT NULL,
    order_id UUID NOT NULL,
    what TEXT NOT NULL,
    base_revision BIGINT NOT NULL,
    revision BIGINT,
    state TEXT NOT NULL,
    reasons TEXT[] NOT NULL,
    document JSONB NOT NULL,
    device_id UUID NOT NULL,
    person_id UUID NOT NULL,
    captured_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    settled_by UUID,
    note TEXT NOT NULL,
    CONSTRAINT pk_order_change PRIMARY KEY (change_id),
    CONSTRAINT ck_order_change_what_known CHECK (what IN ('amendment', 'cancellation', 'undo')),
    CONSTRAINT ck_order_change_state_known CHECK (state IN ('applied', 'open', 'withdrawn', 'rejected')),
    CONSTRAINT ck_order_change_applied_made_one CHECK ((state = 'applied') = (revision IS NOT NULL)),
    CONSTRAINT ck_order_change_open_has_reason CHECK (state <> 'open' OR cardinality(reasons) > 0),
    CONSTRAINT ck_order_change_settled_whole CHECK ((state = 'open') = (settled_at IS NULL)),
    CONSTRAINT fk_order_change_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);
CREATE INDEX ix_order_change_device_id ON order_change (device_id);
CREATE INDEX ix_order_change_open ON order_change (received_at) WHERE state = 'open';
CREATE INDEX ix_order_change_order_id ON order_change (order_id);

CREATE TABLE order_refund (
    refund_id UUID NOT NULL,
    order_id UUID NOT NULL,
    change_id UUID,
    way TEXT NOT NULL,
    attempt_id UUID,
    link_id UUID,
    amount_minor BIGINT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    refusal_code TEXT NOT NULL,
    refusal_sentence TEXT NOT NULL,
    person_id UUID,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    settled_at TIMESTAMP WITH TIME ZONE,
    tries BIGINT NOT NULL,
    CONSTRAINT pk_order_refund PRIMARY KEY (refund_id),
    CONSTRAINT ck_order_refund_way_known CHECK (way IN ('void', 'release', 'refund', 'by_hand')),
    CONSTRAINT ck_order_refund_state_known CHECK (state IN ('due', 'started', 'done', 'refused', 'undone')),
    CONSTRAINT ck_order_refund_amount_positive CHECK (amount_minor >= 1),
    CONSTRAINT ck_order_refund_one_tender CHECK (num_nonnulls(attempt_id, link_id) <= 1),
    CONSTRAINT fk_order_refund_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id),
    CONSTRAINT fk_order_refund_attempt_id FOREIGN KEY(attempt_id) REFERENCES card_attempt (attempt_id),
    CONSTRAINT fk_order_refund_link_id FOREIGN KEY(link_id) REFERENCES pay_link (link_id)
);
CREATE INDEX ix_order_refund_attempt_id ON order_refund (attempt_id);
CREATE INDEX ix_order_refund_due_at ON order_refund (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_order_refund_link_id ON order_refund (link_id);
CREATE INDEX ix_order_refund_order_id ON order_refund (order_id);

CREATE TABLE order_edit (
    order_id UUID NOT NULL,
    change_id UUID NOT NULL,
    device_id UUID NOT NULL,
    person_id UUID NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_order_edit PRIMARY KEY (order_id),
    CONSTRAINT fk_order_edit_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id),
    CONSTRAINT fk_order_edit_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);
CREATE INDEX ix_order_edit_device_id ON order_edit (device_id);

-- What the service may do, and nothing else: the ledger is only added to, and what a change or a refund
-- was for is written once.
GRANT DELETE ON order_line TO readback_service;
GRANT UPDATE (allocated, back_ordered) ON order_allocation TO readback_service;
GRANT SELECT, INSERT ON order_progress, order_ledger, order_change, order_refund TO readback_service;
GRANT UPDATE (description, ordered, cancelled, shipped, delivered, returned) ON order_progress TO readback_service;
GRANT UPDATE (revision, state, reasons, settled_at, settled_by, note) ON order_change TO readback_service;
GRANT UPDATE (way, state, refusal_code, refusal_sentence, due_at, settled_at, tries) ON order_refund TO readback_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON order_edit TO readback_service;
