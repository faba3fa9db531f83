-- What was done with a person's data because they asked. Run by the owner role, in one transaction, on a
-- database in use. What the table means is said in app/models/central/privacy_request.py; a test holds the
-- two together. Only an administrator on the command line erases: the service has no rights here.

ALTER TABLE customer ADD COLUMN restricted_at TIMESTAMP WITH TIME ZONE, ADD COLUMN erased_at TIMESTAMP WITH TIME ZONE;

CREATE TABLE privacy_request (
    request_id UUID NOT NULL,
    kind TEXT NOT NULL,
    customer_id UUID,
    kept TEXT[] NOT NULL,
    note TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_privacy_request PRIMARY KEY (request_id),
    CONSTRAINT ck_privacy_request_kind_known CHECK (kind IN ('export', 'correct', 'erase', 'restrict', 'lift', 'kept_long_enough')),
    CONSTRAINT fk_privacy_request_customer_id FOREIGN KEY(customer_id) REFERENCES customer (customer_id)
);
CREATE INDEX ix_privacy_request_customer_id ON privacy_request (customer_id);
