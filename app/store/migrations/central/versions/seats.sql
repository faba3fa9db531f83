-- How seats are, whose changes are whose, and how far back the feed goes. Run by the owner role, in
-- one transaction, on a database in use.
-- What each table means is said in app/models/central; a test holds the two together.

ALTER TABLE change
    ADD COLUMN device_id UUID,
    ADD CONSTRAINT ck_change_order_of_a_seat CHECK ((kind = 'order') = (device_id IS NOT NULL));

CREATE TABLE feed_mark (
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    xid xid8 NOT NULL,
    seq BIGINT NOT NULL,
    is_floor BOOLEAN NOT NULL,
    CONSTRAINT pk_feed_mark PRIMARY KEY (at)
);

CREATE TABLE seat_state (
    device_id UUID NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    waiting BIGINT NOT NULL,
    oldest_waiting_at TIMESTAMP WITH TIME ZONE,
    needs_person BIGINT NOT NULL,
    version TEXT NOT NULL,
    runs UUID[] NOT NULL,
    returns BIGINT NOT NULL,
    copied_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_seat_state PRIMARY KEY (device_id),
    CONSTRAINT ck_seat_state_counts_not_negative CHECK (waiting >= 0 AND needs_person >= 0 AND returns >= 0),
    CONSTRAINT fk_seat_state_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);

-- A lease without a seat holds values that were leased in what a restore lost.
ALTER TABLE number_lease ALTER COLUMN device_id DROP NOT NULL;

CREATE INDEX ix_audit_restored ON audit (seq) WHERE operation = 'admin.restored';

-- What the service may do, and nothing else. Change rows are no evidence: old ones are cleared away.
GRANT INSERT (device_id) ON change TO readback_service;
GRANT DELETE ON change TO readback_service;
GRANT SELECT, INSERT, DELETE ON feed_mark TO readback_service;
GRANT UPDATE (is_floor) ON feed_mark TO readback_service;
GRANT SELECT, INSERT ON seat_state TO readback_service;
GRANT UPDATE (seen_at, waiting, oldest_waiting_at, needs_person, version, runs, returns, copied_at)
    ON seat_state TO readback_service;
