-- What waits for a person. Run by the owner role, in one transaction, on a database in use. What the
-- tables mean is said in app/models/central/worklist.py; a test holds the two together.

CREATE TABLE order_hold (
    hold_id UUID NOT NULL,
    order_id UUID NOT NULL,
    code TEXT NOT NULL,
    note TEXT NOT NULL,
    held_at TIMESTAMP WITH TIME ZONE NOT NULL,
    held_by UUID NOT NULL,
    lifted_at TIMESTAMP WITH TIME ZONE,
    lifted_by UUID,
    CONSTRAINT pk_order_hold PRIMARY KEY (hold_id),
    CONSTRAINT ck_order_hold_code_known CHECK (code IN ('fraud', 'payment', 'address', 'stock', 'customer_asked', 'other')),
    CONSTRAINT ck_order_hold_lifted_whole CHECK ((lifted_at IS NULL) = (lifted_by IS NULL)),
    CONSTRAINT fk_order_hold_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id),
    CONSTRAINT fk_order_hold_held_by FOREIGN KEY(held_by) REFERENCES person (person_id),
    CONSTRAINT fk_order_hold_lifted_by FOREIGN KEY(lifted_by) REFERENCES person (person_id)
);
CREATE INDEX ix_order_hold_held_by ON order_hold (held_by);
CREATE INDEX ix_order_hold_lifted_by ON order_hold (lifted_by);
CREATE INDEX ix_order_hold_order_id ON order_hold (order_id);
CREATE UNIQUE INDEX ix_order_hold_standing ON order_hold (order_id) WHERE lifted_at IS NULL;

CREATE TABLE order_check (
    order_id UUID NOT NULL,
    revision BIGINT NOT NULL,
    person_id UUID NOT NULL,
    note TEXT NOT NULL,
    unpaid BOOLEAN NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_order_check PRIMARY KEY (order_id, revision, person_id, at),
    CONSTRAINT ck_order_check_revision_positive CHECK (revision >= 1),
    CONSTRAINT fk_order_check_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id),
    CONSTRAINT fk_order_check_person_id FOREIGN KEY(person_id) REFERENCES person (person_id)
);
CREATE INDEX ix_order_check_person_id ON order_check (person_id);

CREATE TABLE work_claim (
    kind TEXT NOT NULL,
    subject UUID NOT NULL,
    person_id UUID NOT NULL,
    device_id UUID NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_work_claim PRIMARY KEY (kind, subject),
    CONSTRAINT ck_work_claim_kind_known CHECK (kind IN ('review', 'payment', 'hold', 'change', 'refund', 'orphan', 'twin', 'customer')),
    CONSTRAINT fk_work_claim_person_id FOREIGN KEY(person_id) REFERENCES person (person_id),
    CONSTRAINT fk_work_claim_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);
CREATE INDEX ix_work_claim_device_id ON work_claim (device_id);
CREATE INDEX ix_work_claim_person_id ON work_claim (person_id);

CREATE INDEX ix_sales_order_unpaid ON sales_order (received_at) WHERE payment_state = 'outstanding' AND state IN ('accepted', 'released');
CREATE INDEX ix_order_refund_for_a_person ON order_refund (asked_at) WHERE way = 'by_hand' AND state IN ('due', 'started', 'refused');

-- What the service may do, and nothing else: that somebody looked at an order is only added to.
GRANT SELECT, INSERT ON order_hold, order_check TO readback_service;
GRANT UPDATE (code, note, lifted_at, lifted_by) ON order_hold TO readback_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON work_claim TO readback_service;
