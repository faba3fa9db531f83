-- The guided read-back. Run by the owner role, in one transaction, on a database in use.
-- What each table means is said in app/models/central/read_back.py; a test holds the two together.

ALTER TABLE change
    DROP CONSTRAINT ck_change_kind_known,
    ADD CONSTRAINT ck_change_kind_known CHECK (kind IN ('product', 'town', 'policy', 'guidance'));

CREATE TABLE guidance_version (
    revision BIGINT NOT NULL,
    document JSONB NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    set_by TEXT,
    CONSTRAINT pk_guidance_version PRIMARY KEY (revision),
    CONSTRAINT ck_guidance_version_revision_positive CHECK (revision >= 1)
);

CREATE TABLE answer_search (
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    text TEXT NOT NULL,
    chosen TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    device_id UUID NOT NULL,
    CONSTRAINT pk_answer_search PRIMARY KEY (seq),
    CONSTRAINT fk_answer_search_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);
CREATE INDEX ix_answer_search_device_id ON answer_search (device_id);
CREATE INDEX ix_answer_search_unanswered ON answer_search (text) WHERE chosen = '';

CREATE TABLE call_closing (
    order_id UUID NOT NULL,
    device_id UUID NOT NULL,
    command_id UUID NOT NULL,
    outcome TEXT NOT NULL,
    note TEXT NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_by UUID NOT NULL,
    document JSONB NOT NULL,
    CONSTRAINT pk_call_closing PRIMARY KEY (order_id, device_id, command_id),
    CONSTRAINT ck_call_closing_outcome_known CHECK (outcome IN ('order_placed', 'call_back_promised', 'complaint_opened', 'call_dropped')),
    CONSTRAINT fk_call_closing_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);
CREATE INDEX ix_call_closing_device_id ON call_closing (device_id);

CREATE TABLE read_back_entry (
    order_id UUID NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    checkpoint TEXT,
    how TEXT,
    cause TEXT,
    part TEXT,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    person_id UUID NOT NULL,
    took_ms BIGINT,
    document JSONB NOT NULL,
    CONSTRAINT pk_read_back_entry PRIMARY KEY (order_id, position),
    CONSTRAINT ck_read_back_entry_how_known CHECK (how IN ('caller_spoke', 'caller_agreed', 'on_paper')),
    CONSTRAINT ck_read_back_entry_cause_known CHECK (cause IN ('misheard', 'mistyped', 'changed_mind', 'catalogue', 'other')),
    CONSTRAINT ck_read_back_entry_position_positive CHECK (position >= 1),
    CONSTRAINT ck_read_back_entry_kind_not_empty CHECK (kind <> ''),
    CONSTRAINT ck_read_back_entry_took_not_negative CHECK (took_ms >= 0),
    CONSTRAINT fk_read_back_entry_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id)
);

CREATE TABLE read_back_override (
    override_id UUID NOT NULL,
    order_id UUID NOT NULL,
    device_id UUID NOT NULL,
    lead_id UUID NOT NULL,
    asked_by UUID NOT NULL,
    checkpoints JSONB NOT NULL,
    reason TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_read_back_override PRIMARY KEY (override_id),
    CONSTRAINT ck_read_back_override_reason_given CHECK (reason <> ''),
    CONSTRAINT fk_read_back_override_device_id FOREIGN KEY(device_id) REFERENCES device (device_id),
    CONSTRAINT fk_read_back_override_lead_id FOREIGN KEY(lead_id) REFERENCES person (person_id),
    CONSTRAINT fk_read_back_override_asked_by FOREIGN KEY(asked_by) REFERENCES person (person_id)
);
CREATE INDEX ix_read_back_override_asked_by ON read_back_override (asked_by);
CREATE INDEX ix_read_back_override_device_id ON read_back_override (device_id);
CREATE INDEX ix_read_back_override_lead_id ON read_back_override (lead_id);
CREATE INDEX ix_read_back_override_order_id ON read_back_override (order_id);

-- What the service may do, and nothing else: it adds, and changes or removes nothing of this.
GRANT SELECT ON guidance_version, answer_search, call_closing, read_back_entry, read_back_override
    TO readback_service;
GRANT INSERT ON call_closing, read_back_entry, read_back_override TO readback_service;
GRANT INSERT (text, chosen, at, device_id) ON answer_search TO readback_service;
