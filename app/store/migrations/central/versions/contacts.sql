-- Conversations from the first ring: what they were for, what came of them, and whose order it was made sure of.
-- Until now a contact was an order that was taken, so each that is here was for a new order, and got one.
ALTER TABLE contact
    ADD COLUMN answered_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN reason TEXT,
    ADD COLUMN outcome TEXT,
    ADD COLUMN resolved BOOLEAN,
    ADD COLUMN note TEXT NOT NULL DEFAULT '';
UPDATE contact SET reason = 'new_order', outcome = 'order_placed', resolved = true, answered_at = started_at
    WHERE order_id IS NOT NULL;
ALTER TABLE contact
    ALTER COLUMN note DROP DEFAULT,
    ADD CONSTRAINT ck_contact_reason_known CHECK (reason IN ('new_order', 'where_is_it', 'change', 'cancel', 'delivery_problem', 'return', 'payment', 'product_question', 'proof_of_order', 'complaint', 'other')),
    ADD CONSTRAINT ck_contact_outcome_known CHECK (outcome IN ('order_placed', 'order_changed', 'order_cancelled', 'answered', 'call_back_promised', 'passed_on', 'not_allowed', 'call_dropped')),
    ADD CONSTRAINT ck_contact_noted_whole CHECK (num_nonnulls(reason, outcome, resolved) IN (0, 3)),
    ADD CONSTRAINT ck_contact_answered_after_start CHECK (answered_at >= started_at);
CREATE INDEX ix_contact_started_at ON contact (started_at);

CREATE TABLE contact_order (
    contact_id UUID NOT NULL,
    order_id UUID NOT NULL,
    CONSTRAINT pk_contact_order PRIMARY KEY (contact_id, order_id),
    CONSTRAINT fk_contact_order_contact_id FOREIGN KEY(contact_id) REFERENCES contact (contact_id)
);
CREATE INDEX ix_contact_order_order_id ON contact_order (order_id);

CREATE TABLE identity_check (
    contact_id UUID NOT NULL,
    position BIGINT NOT NULL,
    order_id UUID,
    customer_id UUID,
    asked TEXT[] NOT NULL,
    passed TEXT[] NOT NULL,
    level TEXT NOT NULL,
    wrong BIGINT NOT NULL,
    skipped TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_identity_check PRIMARY KEY (contact_id, position),
    CONSTRAINT ck_identity_check_level_known CHECK (level IN ('nothing', 'state', 'all')),
    CONSTRAINT ck_identity_check_position_counts CHECK (position >= 1),
    CONSTRAINT ck_identity_check_wrong_counts CHECK (wrong >= 0),
    CONSTRAINT fk_identity_check_contact_id FOREIGN KEY(contact_id) REFERENCES contact (contact_id)
);
CREATE INDEX ix_identity_check_order_id ON identity_check (order_id);

-- What a contact was about, and how it was made sure who rang, is written once.
GRANT SELECT, INSERT ON contact_order, identity_check TO readback_service;
