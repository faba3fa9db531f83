-- Drafts on their way from one CSR to another. Run by the owner role, in one transaction, on a
-- database in use. What the table means is said in app/models/central/handover.py; a test holds the
-- two together.

CREATE TABLE handover (
    handover_id UUID NOT NULL,
    device_id UUID NOT NULL,
    order_id UUID,
    from_person UUID,
    to_person UUID,
    state TEXT NOT NULL,
    offered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    claimed_by UUID,
    claimed_device UUID,
    draft BYTEA,
    summary JSONB,
    CONSTRAINT pk_handover PRIMARY KEY (handover_id),
    CONSTRAINT ck_handover_state_known CHECK (state IN ('offered', 'claimed', 'taken_back', 'expired')),
    CONSTRAINT ck_handover_offered_whole CHECK (num_nulls(order_id, from_person, to_person, expires_at) IN (0, 4)),
    CONSTRAINT ck_handover_copy_whole CHECK (num_nulls(draft, summary) IN (0, 2)),
    CONSTRAINT ck_handover_claimed_whole CHECK (num_nulls(claimed_by, claimed_device) = (state <> 'claimed')::int * 2),
    CONSTRAINT ck_handover_ended_whole CHECK ((state = 'offered') = (ended_at IS NULL)),
    CONSTRAINT ck_handover_offered_has_copy CHECK (state <> 'offered' OR draft IS NOT NULL),
    CONSTRAINT fk_handover_device_id FOREIGN KEY(device_id) REFERENCES device (device_id),
    CONSTRAINT fk_handover_from_person FOREIGN KEY(from_person) REFERENCES person (person_id),
    CONSTRAINT fk_handover_to_person FOREIGN KEY(to_person) REFERENCES person (person_id),
    CONSTRAINT fk_handover_claimed_by FOREIGN KEY(claimed_by) REFERENCES person (person_id),
    CONSTRAINT fk_handover_claimed_device FOREIGN KEY(claimed_device) REFERENCES device (device_id)
);
CREATE INDEX ix_handover_device_id ON handover (device_id);
CREATE INDEX ix_handover_from_person ON handover (from_person);
CREATE INDEX ix_handover_to_person ON handover (to_person);
CREATE INDEX ix_handover_claimed_by ON handover (claimed_by);
CREATE INDEX ix_handover_claimed_device ON handover (claimed_device);
CREATE UNIQUE INDEX ix_handover_offered ON handover (order_id) WHERE state = 'offered';
CREATE INDEX ix_handover_copied ON handover (expires_at) WHERE draft IS NOT NULL;

-- What the service may do, and nothing else. What is held for a call goes with its draft.
GRANT SELECT, INSERT ON handover TO readback_service;
GRANT UPDATE (state, ended_at, claimed_by, claimed_device, draft, summary) ON handover TO readback_service;
GRANT UPDATE (device_id) ON stock_hold TO readback_service;
