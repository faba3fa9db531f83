-- Paying for orders. Run by the owner role, in one transaction, on a database in use.
-- What each table means is said in app/models/central/payment.py; a test holds the two together.

-- Orders of before say in their document how they are to be paid for; nothing was taken for any.
ALTER TABLE sales_order ADD COLUMN payment_state TEXT NOT NULL DEFAULT 'outstanding';
UPDATE sales_order o SET payment_state = 'on_account'
FROM order_version v
WHERE v.order_id = o.order_id AND v.revision = o.revision
  AND v.document->'document'->>'payment' = 'invoice';
ALTER TABLE sales_order
    ALTER COLUMN payment_state DROP DEFAULT,
    ADD CONSTRAINT ck_sales_order_payment_state_known CHECK (payment_state IN ('authorised', 'paid', 'link_sent', 'on_account', 'outstanding'));

ALTER TABLE customer ADD COLUMN on_account BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE customer ALTER COLUMN on_account DROP DEFAULT;

CREATE TABLE card_attempt (
    attempt_id UUID NOT NULL,
    order_id UUID NOT NULL,
    device_id UUID NOT NULL,
    person_id UUID NOT NULL,
    lease_id UUID NOT NULL,
    gateway TEXT NOT NULL,
    digest BYTEA NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    approved_minor BIGINT,
    captured_minor BIGINT NOT NULL,
    refunded_minor BIGINT NOT NULL,
    reference TEXT NOT NULL,
    token TEXT NOT NULL,
    brand TEXT NOT NULL,
    last_four TEXT NOT NULL,
    decline TEXT,
    address_check TEXT NOT NULL,
    postcode_check TEXT NOT NULL,
    code_check TEXT NOT NULL,
    refusal_code TEXT NOT NULL,
    refusal_sentence TEXT NOT NULL,
    void_cause TEXT,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    tries BIGINT NOT NULL,
    CONSTRAINT pk_card_attempt PRIMARY KEY (attempt_id),
    CONSTRAINT ck_card_attempt_state_known CHECK (state IN ('started', 'unknown', 'authorised', 'declined', 'failed', 'voiding', 'voided', 'captured', 'refunded')),
    CONSTRAINT ck_card_attempt_currency_known CHECK (currency IN ('GBP', 'USD', 'EUR')),
    CONSTRAINT ck_card_attempt_decline_known CHECK (decline IN ('declined', 'do_not_honour', 'insufficient_funds', 'expired_card', 'wrong_code', 'wrong_number', 'lost_or_stolen', 'suspected_fraud', 'not_supported', 'needs_customer', 'duplicate', 'processing_error')),
    CONSTRAINT ck_card_attempt_address_check_known CHECK (address_check IN ('match', 'mismatch', 'unavailable', 'not_given')),
    CONSTRAINT ck_card_attempt_postcode_check_known CHECK (postcode_check IN ('match', 'mismatch', 'unavailable', 'not_given')),
    CONSTRAINT ck_card_attempt_code_check_known CHECK (code_check IN ('match', 'mismatch', 'unavailable', 'not_given')),
    CONSTRAINT ck_card_attempt_void_cause_known CHECK (void_cause IN ('asked', 'given_up', 'orphan')),
    CONSTRAINT ck_card_attempt_amount_positive CHECK (amount_minor >= 1),
    CONSTRAINT ck_card_attempt_approved_in_range CHECK (approved_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT ck_card_attempt_captured_in_range CHECK (captured_minor BETWEEN 0 AND coalesce(approved_minor, 0)),
    CONSTRAINT ck_card_attempt_refunded_in_range CHECK (refunded_minor BETWEEN 0 AND captured_minor),
    CONSTRAINT ck_card_attempt_last_four_only CHECK (last_four ~ '^([0-9]{4})?$'),
    CONSTRAINT ck_card_attempt_digest_sha256 CHECK (octet_length(digest) = 32),
    CONSTRAINT uq_card_attempt_lease_id UNIQUE (lease_id),
    CONSTRAINT fk_card_attempt_device_id FOREIGN KEY(device_id) REFERENCES device (device_id),
    CONSTRAINT fk_card_attempt_person_id FOREIGN KEY(person_id) REFERENCES person (person_id)
);
CREATE INDEX ix_card_attempt_device_id ON card_attempt (device_id);
CREATE INDEX ix_card_attempt_due_at ON card_attempt (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_card_attempt_order_id ON card_attempt (order_id);
CREATE INDEX ix_card_attempt_person_id ON card_attempt (person_id);

CREATE TABLE closed_attempt (
    attempt_id UUID NOT NULL,
    device_id UUID NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_closed_attempt PRIMARY KEY (attempt_id),
    CONSTRAINT fk_closed_attempt_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);
CREATE INDEX ix_closed_attempt_device_id ON closed_attempt (device_id);

CREATE TABLE card_movement (
    movement_id UUID NOT NULL,
    attempt_id UUID NOT NULL,
    kind TEXT NOT NULL,
    amount_minor BIGINT,
    reason TEXT NOT NULL,
    person_id UUID,
    state TEXT NOT NULL,
    refusal_code TEXT NOT NULL,
    refusal_sentence TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    settled_at TIMESTAMP WITH TIME ZONE,
    due_at TIMESTAMP WITH TIME ZONE,
    tries BIGINT NOT NULL,
    CONSTRAINT pk_card_movement PRIMARY KEY (movement_id),
    CONSTRAINT ck_card_movement_kind_known CHECK (kind IN ('capture', 'refund', 'void')),
    CONSTRAINT ck_card_movement_state_known CHECK (state IN ('started', 'done', 'refused')),
    CONSTRAINT ck_card_movement_void_without_amount CHECK ((kind = 'void') = (amount_minor IS NULL)),
    CONSTRAINT ck_card_movement_amount_positive CHECK (amount_minor >= 1),
    CONSTRAINT fk_card_movement_attempt_id FOREIGN KEY(attempt_id) REFERENCES card_attempt (attempt_id),
    CONSTRAINT fk_card_movement_person_id FOREIGN KEY(person_id) REFERENCES person (person_id)
);
CREATE INDEX ix_card_movement_attempt_id ON card_movement (attempt_id);
CREATE INDEX ix_card_movement_due_at ON card_movement (due_at) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX ix_card_movement_one_void ON card_movement (attempt_id) WHERE kind = 'void';
CREATE INDEX ix_card_movement_person_id ON card_movement (person_id);

CREATE TABLE pay_link (
    link_id UUID NOT NULL,
    order_id UUID NOT NULL,
    device_id UUID NOT NULL,
    person_id UUID NOT NULL,
    gateway TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    send_to TEXT NOT NULL,
    state TEXT NOT NULL,
    url TEXT NOT NULL,
    paid BIGINT NOT NULL,
    brand TEXT NOT NULL,
    last_four TEXT NOT NULL,
    reference TEXT NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE,
    paid_at TIMESTAMP WITH TIME ZONE,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    tries BIGINT NOT NULL,
    CONSTRAINT pk_pay_link PRIMARY KEY (link_id),
    CONSTRAINT ck_pay_link_state_known CHECK (state IN ('sent', 'opened', 'paid', 'paid_twice', 'expired', 'cancelled', 'replaced')),
    CONSTRAINT ck_pay_link_currency_known CHECK (currency IN ('GBP', 'USD', 'EUR')),
    CONSTRAINT ck_pay_link_amount_positive CHECK (amount_minor >= 1),
    CONSTRAINT ck_pay_link_paid_not_negative CHECK (paid >= 0),
    CONSTRAINT ck_pay_link_last_four_only CHECK (last_four ~ '^([0-9]{4})?$'),
    CONSTRAINT ck_pay_link_expires_later CHECK (expires_at > sent_at),
    CONSTRAINT fk_pay_link_device_id FOREIGN KEY(device_id) REFERENCES device (device_id),
    CONSTRAINT fk_pay_link_person_id FOREIGN KEY(person_id) REFERENCES person (person_id)
);
CREATE INDEX ix_pay_link_device_id ON pay_link (device_id);
CREATE INDEX ix_pay_link_due_at ON pay_link (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_pay_link_order_id ON pay_link (order_id);
CREATE INDEX ix_pay_link_person_id ON pay_link (person_id);

CREATE TABLE given_up_order (
    order_id UUID NOT NULL,
    device_id UUID NOT NULL,
    command_id UUID NOT NULL,
    person_id UUID NOT NULL,
    reason TEXT NOT NULL,
    given_up_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_given_up_order PRIMARY KEY (order_id, device_id, command_id),
    CONSTRAINT fk_given_up_order_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);
CREATE INDEX ix_given_up_order_device_id ON given_up_order (device_id);

-- What the service may do, and nothing else: what an attempt, a movement or a link was for is
-- written once, and only what came of it changes.
GRANT SELECT, INSERT ON card_attempt, closed_attempt, card_movement, pay_link, given_up_order
    TO readback_service;
GRANT UPDATE (state, approved_minor, captured_minor, refunded_minor, reference, token, brand, last_four,
              decline, address_check, postcode_check, code_check, refusal_code, refusal_sentence,
              void_cause, changed_at, due_at, tries)
    ON card_attempt TO readback_service;
GRANT UPDATE (state, refusal_code, refusal_sentence, settled_at, due_at, tries) ON card_movement
    TO readback_service;
GRANT UPDATE (state, url, paid, brand, last_four, reference, opened_at, paid_at, changed_at, due_at,
              tries)
    ON pay_link TO readback_service;
