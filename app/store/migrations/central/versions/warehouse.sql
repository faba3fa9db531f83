-- Orders on their way to the warehouse, and what comes back. Run by the owner role, in one transaction,
-- on a database in use. What the tables mean is said in app/models/central/warehouse.py; a test holds
-- the two together.

-- The version that the warehouse was told of; none yet. The index holds exactly what is to be told.
ALTER TABLE sales_order ADD COLUMN handed_revision BIGINT;
CREATE INDEX ix_sales_order_to_hand_over ON sales_order (received_at, order_id) WHERE handed_revision IS DISTINCT FROM revision AND (state IN ('accepted', 'released') AND (payment_state IN ('authorised', 'paid', 'on_account') OR total_minor = 0) OR state = 'cancelled' AND handed_revision IS NOT NULL);

CREATE TABLE warehouse_message (
    message_id UUID NOT NULL,
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    order_id UUID NOT NULL,
    revision BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    sentence TEXT NOT NULL,
    written_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    tries BIGINT NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_warehouse_message PRIMARY KEY (message_id),
    CONSTRAINT ck_warehouse_message_kind_known CHECK (kind IN ('order.new', 'order.changed', 'order.cancelled')),
    CONSTRAINT ck_warehouse_message_state_known CHECK (state IN ('waiting', 'received', 'accepted', 'too_late', 'refused', 'superseded')),
    CONSTRAINT ck_warehouse_message_waiting_is_due CHECK ((state = 'waiting') = (due_at IS NOT NULL)),
    CONSTRAINT uq_warehouse_message_order_id_revision_kind UNIQUE (order_id, revision, kind),
    CONSTRAINT fk_warehouse_message_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id)
);
CREATE INDEX ix_warehouse_message_due_at ON warehouse_message (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_warehouse_message_unsettled ON warehouse_message (seq) WHERE state IN ('waiting', 'received', 'too_late', 'refused');

CREATE TABLE warehouse_event (
    event_id TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    order_id UUID,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    outcome TEXT NOT NULL,
    sentence TEXT NOT NULL,
    document JSONB NOT NULL,
    person_id UUID,
    device_id UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_warehouse_event PRIMARY KEY (event_id, sha256),
    CONSTRAINT ck_warehouse_event_kind_known CHECK (kind IN ('accepted', 'too_late', 'refused', 'allocated', 'picking', 'shipped', 'delivered', 'delivery_failed', 'could_not_pick', 'returned_to_sender')),
    CONSTRAINT ck_warehouse_event_source_known CHECK (source IN ('report', 'file', 'hand')),
    CONSTRAINT ck_warehouse_event_outcome_known CHECK (outcome IN ('taken', 'part', 'repeated', 'kept', 'clash')),
    CONSTRAINT ck_warehouse_event_sha256_length CHECK (octet_length(sha256) = 32)
);
CREATE INDEX ix_warehouse_event_kept ON warehouse_event (received_at) WHERE outcome IN ('part', 'kept', 'clash');
CREATE INDEX ix_warehouse_event_order_id ON warehouse_event (order_id);

CREATE TABLE shipment (
    order_id UUID NOT NULL,
    shipment_id TEXT NOT NULL,
    state TEXT NOT NULL,
    carrier TEXT NOT NULL,
    tracking TEXT NOT NULL,
    note TEXT NOT NULL,
    shipped_at TIMESTAMP WITH TIME ZONE NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_shipment PRIMARY KEY (order_id, shipment_id),
    CONSTRAINT ck_shipment_state_known CHECK (state IN ('shipped', 'delivery_failed', 'delivered', 'returned')),
    CONSTRAINT ck_shipment_named CHECK (shipment_id <> ''),
    CONSTRAINT fk_shipment_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id)
);

CREATE TABLE shipment_line (
    order_id UUID NOT NULL,
    shipment_id TEXT NOT NULL,
    line_id UUID NOT NULL,
    told BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    CONSTRAINT pk_shipment_line PRIMARY KEY (order_id, shipment_id, line_id),
    CONSTRAINT ck_shipment_line_counted_of_told CHECK (counted BETWEEN 0 AND told),
    CONSTRAINT fk_shipment_line_order_id_shipment_id FOREIGN KEY(order_id, shipment_id) REFERENCES shipment (order_id, shipment_id)
);

CREATE TABLE order_at_warehouse (
    order_id UUID NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE,
    allocated_at TIMESTAMP WITH TIME ZONE,
    picking_at TIMESTAMP WITH TIME ZONE,
    completes_at TIMESTAMP WITH TIME ZONE,
    capture_due_at TIMESTAMP WITH TIME ZONE,
    capture_tries BIGINT NOT NULL,
    CONSTRAINT pk_order_at_warehouse PRIMARY KEY (order_id),
    CONSTRAINT fk_order_at_warehouse_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id)
);
CREATE INDEX ix_order_at_warehouse_capture_due_at ON order_at_warehouse (capture_due_at) WHERE capture_due_at IS NOT NULL;
CREATE INDEX ix_order_at_warehouse_completes_at ON order_at_warehouse (completes_at) WHERE completes_at IS NOT NULL;

CREATE TABLE order_capture (
    movement_id UUID NOT NULL,
    order_id UUID NOT NULL,
    attempt_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL,
    state TEXT NOT NULL,
    refusal_code TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_order_capture PRIMARY KEY (movement_id),
    CONSTRAINT ck_order_capture_state_known CHECK (state IN ('started', 'done', 'refused')),
    CONSTRAINT ck_order_capture_amount_positive CHECK (amount_minor >= 1),
    CONSTRAINT fk_order_capture_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id),
    CONSTRAINT fk_order_capture_attempt_id FOREIGN KEY(attempt_id) REFERENCES card_attempt (attempt_id)
);
CREATE INDEX ix_order_capture_attempt_id ON order_capture (attempt_id);
CREATE INDEX ix_order_capture_order_id ON order_capture (order_id);

-- What the service may do, and nothing else: what was told and reported is written once. Goods that
-- have left are no longer on hand.
GRANT SELECT, INSERT ON warehouse_message, warehouse_event, shipment, shipment_line, order_at_warehouse, order_capture TO readback_service;
GRANT UPDATE (state, sentence, due_at, tries, settled_at) ON warehouse_message TO readback_service;
GRANT UPDATE (order_id, outcome, sentence) ON warehouse_event TO readback_service;
GRANT UPDATE (state, carrier, tracking, note, delivered_at) ON shipment TO readback_service;
GRANT UPDATE (counted) ON shipment_line TO readback_service;
GRANT UPDATE (told_at, allocated_at, picking_at, completes_at, capture_due_at, capture_tries) ON order_at_warehouse TO readback_service;
GRANT UPDATE (state, refusal_code, settled_at) ON order_capture TO readback_service;
GRANT UPDATE (on_hand) ON stock_level TO readback_service;
