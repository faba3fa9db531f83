-- Pausing the recording. Run by the owner role, in one transaction, on a database in use.
-- What each table means is said in app/models/central/recording.py; a test holds the two together.

CREATE TABLE recording_lease (
    lease_id UUID NOT NULL,
    state TEXT NOT NULL,
    call_reference TEXT NOT NULL,
    order_id UUID,
    device_id UUID NOT NULL,
    person_id UUID,
    workstation TEXT NOT NULL,
    extension TEXT,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    pausing_until TIMESTAMP WITH TIME ZONE,
    held_at TIMESTAMP WITH TIME ZONE,
    expires_at TIMESTAMP WITH TIME ZONE,
    longest_at TIMESTAMP WITH TIME ZONE,
    end_reason TEXT,
    refused_code TEXT NOT NULL,
    refused_sentence TEXT NOT NULL,
    resuming_at TIMESTAMP WITH TIME ZONE,
    next_try_at TIMESTAMP WITH TIME ZONE,
    tries BIGINT NOT NULL,
    keeps_paused BOOLEAN NOT NULL,
    alarmed_at TIMESTAMP WITH TIME ZONE,
    resumed_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_recording_lease PRIMARY KEY (lease_id),
    CONSTRAINT ck_recording_lease_state_known CHECK (state IN ('pausing', 'held', 'resuming', 'ended')),
    CONSTRAINT ck_recording_lease_end_reason_known CHECK (end_reason IN ('submitted', 'cancelled', 'idle', 'longest', 'window', 'call_changed', 'doubt', 'not_paused', 'refused', 'expired', 'hangup')),
    CONSTRAINT ck_recording_lease_ended_whole CHECK ((state = 'ended') = (ended_at IS NOT NULL)),
    CONSTRAINT ck_recording_lease_held_expires CHECK (state <> 'held' OR expires_at IS NOT NULL),
    CONSTRAINT ck_recording_lease_tries_not_negative CHECK (tries >= 0),
    CONSTRAINT fk_recording_lease_device_id FOREIGN KEY(device_id) REFERENCES device (device_id),
    CONSTRAINT fk_recording_lease_person_id FOREIGN KEY(person_id) REFERENCES person (person_id)
);
CREATE INDEX ix_recording_lease_device_id ON recording_lease (device_id);
CREATE INDEX ix_recording_lease_live ON recording_lease (state) WHERE state <> 'ended';
CREATE INDEX ix_recording_lease_order_id ON recording_lease (order_id);
CREATE INDEX ix_recording_lease_person_id ON recording_lease (person_id);
CREATE UNIQUE INDEX uq_recording_lease_live_call ON recording_lease (call_reference) WHERE state <> 'ended' AND call_reference <> '';

CREATE TABLE recording_pause (
    lease_id UUID NOT NULL,
    recorder TEXT NOT NULL,
    recording TEXT NOT NULL,
    call TEXT NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    confirmed_by TEXT,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    may_be_paused BOOLEAN NOT NULL,
    is_doubtful BOOLEAN NOT NULL,
    attempts BIGINT NOT NULL,
    problem TEXT NOT NULL,
    resumed_by TEXT,
    resumed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_recording_pause PRIMARY KEY (lease_id, recorder, recording),
    CONSTRAINT ck_recording_pause_confirmed_by_known CHECK (confirmed_by IN ('state', 'event', 'answer')),
    CONSTRAINT ck_recording_pause_resumed_by_known CHECK (resumed_by IN ('state', 'event', 'answer')),
    CONSTRAINT ck_recording_pause_named CHECK (recorder <> '' AND recording <> ''),
    CONSTRAINT ck_recording_pause_confirmed_whole CHECK (num_nulls(confirmed_by, confirmed_at) IN (0, 2)),
    CONSTRAINT ck_recording_pause_attempts_not_negative CHECK (attempts >= 0),
    CONSTRAINT fk_recording_pause_lease_id FOREIGN KEY(lease_id) REFERENCES recording_lease (lease_id)
);
CREATE INDEX ix_recording_pause_recorder_call ON recording_pause (recorder, call);

CREATE TABLE recording_event (
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    lease_id UUID NOT NULL,
    kind TEXT NOT NULL,
    recorder TEXT NOT NULL,
    identity TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_recording_event PRIMARY KEY (seq),
    CONSTRAINT ck_recording_event_kind_known CHECK (kind IN ('hangup', 'transfer', 'hold', 'retrieved', 'recorder_started', 'recorder_lost', 'expired', 'resumed', 'resume_unconfirmed')),
    CONSTRAINT uq_recording_event_lease_id_identity UNIQUE (lease_id, identity),
    CONSTRAINT fk_recording_event_lease_id FOREIGN KEY(lease_id) REFERENCES recording_lease (lease_id)
);
CREATE INDEX ix_recording_event_lease_id_seq ON recording_event (lease_id, seq);

CREATE TABLE call_flag (
    flag_id BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    call_reference TEXT NOT NULL,
    order_id UUID,
    lease_id UUID,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    device_id UUID,
    person_id UUID,
    purged_at TIMESTAMP WITH TIME ZONE,
    purged_by TEXT,
    CONSTRAINT pk_call_flag PRIMARY KEY (flag_id),
    CONSTRAINT ck_call_flag_kind_known CHECK (kind IN ('spoken_too_early', 'resumed_by_expiry', 'resume_unconfirmed', 'recorder_started')),
    CONSTRAINT ck_call_flag_purged_whole CHECK (num_nulls(purged_at, purged_by) IN (0, 2)),
    CONSTRAINT fk_call_flag_device_id FOREIGN KEY(device_id) REFERENCES device (device_id),
    CONSTRAINT fk_call_flag_person_id FOREIGN KEY(person_id) REFERENCES person (person_id)
);
CREATE INDEX ix_call_flag_device_id ON call_flag (device_id);
CREATE INDEX ix_call_flag_open ON call_flag (at) WHERE purged_at IS NULL;
CREATE INDEX ix_call_flag_order_id ON call_flag (order_id);
CREATE INDEX ix_call_flag_person_id ON call_flag (person_id);

CREATE TABLE evidence (
    position BIGINT NOT NULL,
    lease_id UUID NOT NULL,
    kind TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    document JSONB NOT NULL,
    previous BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    CONSTRAINT pk_evidence PRIMARY KEY (position),
    CONSTRAINT ck_evidence_position_positive CHECK (position >= 1),
    CONSTRAINT ck_evidence_kind_not_empty CHECK (kind <> ''),
    CONSTRAINT ck_evidence_digests_sha256 CHECK (octet_length(previous) = 32 AND octet_length(digest) = 32)
);
CREATE INDEX ix_evidence_at ON evidence (at);
CREATE INDEX ix_evidence_lease_id ON evidence (lease_id);

CREATE TABLE evidence_head (
    singleton BIGINT NOT NULL,
    position BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    CONSTRAINT pk_evidence_head PRIMARY KEY (singleton),
    CONSTRAINT ck_evidence_head_one_row CHECK (singleton = 1),
    CONSTRAINT ck_evidence_head_digest_sha256 CHECK (octet_length(digest) = 32)
);

INSERT INTO evidence_head (singleton, position, digest)
VALUES (1, 0, decode(repeat('00', 32), 'hex'));

-- What the service may do, and nothing else: of events, flags and evidence it changes and removes
-- nothing.
GRANT SELECT ON recording_lease, recording_pause, recording_event, call_flag, evidence,
    evidence_head TO readback_service;
GRANT INSERT ON recording_lease, recording_pause, evidence TO readback_service;
GRANT INSERT (lease_id, kind, recorder, identity, at) ON recording_event TO readback_service;
GRANT INSERT (kind, call_reference, order_id, lease_id, at, device_id, person_id) ON call_flag
    TO readback_service;
GRANT UPDATE (state, call_reference, pausing_until, held_at, expires_at, longest_at, end_reason,
    refused_code, refused_sentence, resuming_at, next_try_at, tries, keeps_paused, alarmed_at,
    resumed_at, ended_at) ON recording_lease TO readback_service;
GRANT UPDATE (confirmed_by, confirmed_at, may_be_paused, is_doubtful, attempts, problem,
    resumed_by, resumed_at) ON recording_pause TO readback_service;
GRANT UPDATE (position, digest) ON evidence_head TO readback_service;
