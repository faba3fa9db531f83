-- Versions of customers, those who may be the same, and what a person has to part.

-- Who they were merged into: the column was there before anybody used it.
ALTER TABLE customer RENAME COLUMN possible_duplicate_of TO merged_into;
ALTER TABLE customer RENAME CONSTRAINT ck_customer_not_twin_of_self TO ck_customer_not_merged_into_self;
ALTER TABLE customer RENAME CONSTRAINT fk_customer_possible_duplicate_of TO fk_customer_merged_into;
ALTER INDEX ix_customer_possible_duplicate_of RENAME TO ix_customer_merged_into;
DROP INDEX ix_customer_email;
CREATE INDEX ix_customer_email_folded ON customer (lower(email));

CREATE TABLE customer_version (
    customer_id UUID NOT NULL,
    revision BIGINT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    text_relay BOOLEAN NOT NULL,
    on_account BOOLEAN NOT NULL,
    phones TEXT[] NOT NULL,
    replaced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_customer_version PRIMARY KEY (customer_id, revision),
    CONSTRAINT ck_customer_version_revision_positive CHECK (revision >= 1),
    CONSTRAINT fk_customer_version_customer_id FOREIGN KEY(customer_id) REFERENCES customer (customer_id) ON DELETE CASCADE
);

CREATE TABLE customer_key (
    key TEXT NOT NULL,
    customer_id UUID NOT NULL,
    CONSTRAINT pk_customer_key PRIMARY KEY (key),
    CONSTRAINT ck_customer_key_key_kind CHECK (key ~ '^(tel|mail):.'),
    CONSTRAINT fk_customer_key_customer_id FOREIGN KEY(customer_id) REFERENCES customer (customer_id) ON DELETE CASCADE
);
INSERT INTO customer_key (key, customer_id)
SELECT DISTINCT ON (k.key) k.key, c.customer_id
FROM customer c, LATERAL (
    SELECT 'tel:' || p.e164 FROM customer_phone p WHERE p.customer_id = c.customer_id
    UNION ALL SELECT 'mail:' || lower(c.email) WHERE c.email IS NOT NULL
) AS k (key)
ORDER BY k.key, c.created_at, c.customer_id;
CREATE INDEX ix_customer_key_customer_id ON customer_key (customer_id);

CREATE TABLE customer_merge (
    merge_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    survivor_id UUID NOT NULL,
    merged_at TIMESTAMP WITH TIME ZONE NOT NULL,
    merged_by UUID,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by UUID,
    CONSTRAINT pk_customer_merge PRIMARY KEY (merge_id),
    CONSTRAINT ck_customer_merge_two_customers CHECK (customer_id <> survivor_id),
    CONSTRAINT fk_customer_merge_customer_id FOREIGN KEY(customer_id) REFERENCES customer (customer_id) ON DELETE CASCADE,
    CONSTRAINT fk_customer_merge_survivor_id FOREIGN KEY(survivor_id) REFERENCES customer (customer_id) ON DELETE CASCADE
);
CREATE INDEX ix_customer_merge_customer_id ON customer_merge (customer_id);
CREATE INDEX ix_customer_merge_survivor_id ON customer_merge (survivor_id);
CREATE UNIQUE INDEX ix_customer_merge_standing ON customer_merge (customer_id) WHERE undone_at IS NULL;

CREATE TABLE customer_task (
    task_id UUID NOT NULL,
    kind TEXT NOT NULL,
    customer_id UUID NOT NULL,
    other_id UUID,
    order_id UUID,
    fields JSONB NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT,
    settled_at TIMESTAMP WITH TIME ZONE,
    settled_by UUID,
    CONSTRAINT pk_customer_task PRIMARY KEY (task_id),
    CONSTRAINT ck_customer_task_kind_known CHECK (kind IN ('twin', 'changed')),
    CONSTRAINT ck_customer_task_outcome_known CHECK (outcome IN ('merged', 'kept_apart', 'settled')),
    CONSTRAINT ck_customer_task_twin_has_other CHECK ((kind = 'twin') = (other_id IS NOT NULL)),
    CONSTRAINT ck_customer_task_pair_in_order CHECK (customer_id < other_id),
    CONSTRAINT ck_customer_task_settled_whole CHECK (num_nulls(outcome, settled_at) IN (0, 2)),
    CONSTRAINT uq_customer_task_customer_id_other_id UNIQUE (customer_id, other_id),
    CONSTRAINT fk_customer_task_customer_id FOREIGN KEY(customer_id) REFERENCES customer (customer_id) ON DELETE CASCADE,
    CONSTRAINT fk_customer_task_other_id FOREIGN KEY(other_id) REFERENCES customer (customer_id) ON DELETE CASCADE
);
CREATE INDEX ix_customer_task_other_id ON customer_task (other_id);
CREATE INDEX ix_customer_task_open ON customer_task (task_id) WHERE outcome IS NULL;

GRANT SELECT ON customer_version, customer_key, customer_merge, customer_task TO readback_service;
GRANT INSERT ON customer_version, customer_key, customer_merge, customer_task TO readback_service;
GRANT UPDATE (undone_at, undone_by) ON customer_merge TO readback_service;
GRANT UPDATE (outcome, settled_at, settled_by) ON customer_task TO readback_service;
