-- The first schema of the central database. Run by the owner role, in one transaction.
-- What each table means is said in app/models/central; a test holds the two together.

CREATE TABLE applied_command (
    asker UUID NOT NULL,
    command_id UUID NOT NULL,
    operation TEXT NOT NULL,
    sha256 BYTEA NOT NULL,
    answer BYTEA NOT NULL,
    applied_at TIMESTAMP WITH TIME ZONE NOT NULL,
    incarnation UUID,
    sequence BIGINT,
    CONSTRAINT pk_applied_command PRIMARY KEY (asker, command_id),
    CONSTRAINT ck_applied_command_sha256_length CHECK (octet_length(sha256) = 32),
    CONSTRAINT ck_applied_command_sequence_whole CHECK (num_nulls(incarnation, sequence) IN (0, 2)),
    CONSTRAINT ck_applied_command_sequence_positive CHECK (sequence >= 1)
);
CREATE INDEX ix_applied_command_outbox ON applied_command (asker, incarnation, sequence);

CREATE TABLE audit (
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    operation TEXT NOT NULL,
    outcome TEXT NOT NULL,
    person_id UUID,
    device_id UUID,
    session_id UUID,
    command_id UUID,
    subject UUID,
    facts JSONB NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (seq),
    CONSTRAINT ck_audit_named CHECK (operation <> '' AND outcome <> '')
);
CREATE INDEX ix_audit_person_id_seq ON audit (person_id, seq);
CREATE INDEX ix_audit_subject_seq ON audit (subject, seq);
CREATE UNIQUE INDEX ix_audit_xid_seq ON audit (xid, seq);

CREATE TABLE audit_seal (
    position BIGINT NOT NULL,
    xid xid8 NOT NULL,
    seq BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    sealed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_audit_seal PRIMARY KEY (position),
    CONSTRAINT ck_audit_seal_digest_sha256 CHECK (octet_length(digest) = 32),
    CONSTRAINT ck_audit_seal_position_positive CHECK (position >= 1),
    CONSTRAINT uq_audit_seal_seq UNIQUE (seq)
);

CREATE TABLE change (
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    revision BIGINT NOT NULL,
    deleted BOOLEAN NOT NULL,
    CONSTRAINT pk_change PRIMARY KEY (seq),
    CONSTRAINT ck_change_kind_known CHECK (kind IN ('product', 'town', 'policy')),
    CONSTRAINT ck_change_key_not_empty CHECK (key <> ''),
    CONSTRAINT ck_change_revision_positive CHECK (revision >= 1)
);
CREATE UNIQUE INDEX ix_change_xid_seq ON change (xid, seq);

CREATE TABLE customer (
    customer_id UUID NOT NULL,
    revision BIGINT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    text_relay BOOLEAN NOT NULL,
    possible_duplicate_of UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_customer PRIMARY KEY (customer_id),
    CONSTRAINT ck_customer_revision_positive CHECK (revision >= 1),
    CONSTRAINT ck_customer_email_not_empty CHECK (email <> ''),
    CONSTRAINT ck_customer_not_twin_of_self CHECK (possible_duplicate_of <> customer_id),
    CONSTRAINT fk_customer_possible_duplicate_of FOREIGN KEY(possible_duplicate_of) REFERENCES customer (customer_id)
);
CREATE INDEX ix_customer_email ON customer (email);
CREATE INDEX ix_customer_possible_duplicate_of ON customer (possible_duplicate_of);

CREATE TABLE device (
    device_id UUID NOT NULL,
    name TEXT NOT NULL,
    extension TEXT,
    public_key TEXT,
    incarnation UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    enrolled_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_device PRIMARY KEY (device_id),
    CONSTRAINT ck_device_name_tidy CHECK (name <> '' AND name = btrim(name)),
    CONSTRAINT ck_device_enrolled_whole CHECK (num_nulls(public_key, incarnation, enrolled_at) IN (0, 3)),
    CONSTRAINT uq_device_name UNIQUE (name)
);

CREATE TABLE escrow_key (
    singleton BIGINT NOT NULL,
    private_key TEXT NOT NULL,
    CONSTRAINT pk_escrow_key PRIMARY KEY (singleton),
    CONSTRAINT ck_escrow_key_one_row CHECK (singleton = 1)
);

CREATE TABLE installation (
    singleton BIGINT NOT NULL,
    feed_epoch TEXT NOT NULL,
    number_key BYTEA NOT NULL,
    escrow_public_key TEXT NOT NULL,
    system_identifier TEXT NOT NULL,
    timeline BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_installation PRIMARY KEY (singleton),
    CONSTRAINT ck_installation_one_row CHECK (singleton = 1),
    CONSTRAINT ck_installation_number_key_length CHECK (octet_length(number_key) = 32)
);

CREATE TABLE number_counter (
    singleton BIGINT NOT NULL,
    next_value BIGINT NOT NULL,
    CONSTRAINT pk_number_counter PRIMARY KEY (singleton),
    CONSTRAINT ck_number_counter_one_row CHECK (singleton = 1),
    CONSTRAINT ck_number_counter_in_range CHECK (next_value BETWEEN 0 AND 100000000)
);

CREATE TABLE person (
    person_id UUID NOT NULL,
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    team TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    disabled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_person PRIMARY KEY (person_id),
    CONSTRAINT ck_person_role_known CHECK (role IN ('csr', 'team_lead', 'administrator')),
    CONSTRAINT ck_person_login_tidy CHECK (login <> '' AND login = lower(btrim(login))),
    CONSTRAINT uq_person_login UNIQUE (login)
);

CREATE TABLE product (
    code TEXT NOT NULL,
    description TEXT NOT NULL,
    kind TEXT NOT NULL,
    tax_category TEXT NOT NULL,
    price_version BIGINT NOT NULL,
    typical_quantity BIGINT,
    withdrawn BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_product PRIMARY KEY (code),
    CONSTRAINT ck_product_kind_known CHECK (kind IN ('goods', 'charge')),
    CONSTRAINT ck_product_tax_category_known CHECK (tax_category IN ('standard', 'reduced', 'zero')),
    CONSTRAINT ck_product_code_tidy CHECK (code <> '' AND code = btrim(code)),
    CONSTRAINT ck_product_revision_positive CHECK (revision >= 1),
    CONSTRAINT ck_product_typical_positive CHECK (typical_quantity >= 1)
);
CREATE INDEX ix_product_code_folded ON product (upper(code));

CREATE TABLE town (
    country TEXT NOT NULL,
    postcode TEXT NOT NULL,
    city TEXT NOT NULL,
    area TEXT NOT NULL,
    revision BIGINT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_town PRIMARY KEY (country, postcode),
    CONSTRAINT ck_town_country_alpha_2 CHECK (country ~ '^[A-Z]{2}$'),
    CONSTRAINT ck_town_named CHECK (postcode <> '' AND city <> ''),
    CONSTRAINT ck_town_revision_positive CHECK (revision >= 1)
);

CREATE TABLE address (
    address_id UUID NOT NULL,
    customer_id UUID NOT NULL,
    country TEXT NOT NULL,
    name TEXT NOT NULL,
    organisation TEXT NOT NULL,
    street TEXT[] NOT NULL,
    dependent_locality TEXT NOT NULL,
    city TEXT NOT NULL,
    area TEXT NOT NULL,
    postcode TEXT NOT NULL,
    postcode_folded TEXT NOT NULL,
    digest BYTEA NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_address PRIMARY KEY (address_id),
    CONSTRAINT ck_address_country_alpha_2 CHECK (country ~ '^[A-Z]{2}$'),
    CONSTRAINT ck_address_digest_sha256 CHECK (octet_length(digest) = 32),
    CONSTRAINT uq_address_customer_id_digest UNIQUE (customer_id, digest),
    CONSTRAINT fk_address_customer_id FOREIGN KEY(customer_id) REFERENCES customer (customer_id) ON DELETE CASCADE
);
CREATE INDEX ix_address_postcode_folded ON address (postcode_folded text_pattern_ops);

CREATE TABLE credential (
    person_id UUID NOT NULL,
    password_hash TEXT NOT NULL,
    failed_tries BIGINT NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_credential PRIMARY KEY (person_id),
    CONSTRAINT ck_credential_hash_argon2id CHECK (password_hash LIKE '$argon2id$%%'),
    CONSTRAINT ck_credential_tries_not_negative CHECK (failed_tries >= 0),
    CONSTRAINT fk_credential_person_id FOREIGN KEY(person_id) REFERENCES person (person_id)
);

CREATE TABLE customer_name_token (
    customer_id UUID NOT NULL,
    token TEXT NOT NULL,
    CONSTRAINT pk_customer_name_token PRIMARY KEY (customer_id, token),
    CONSTRAINT ck_customer_name_token_token_not_empty CHECK (token <> ''),
    CONSTRAINT fk_customer_name_token_customer_id FOREIGN KEY(customer_id) REFERENCES customer (customer_id) ON DELETE CASCADE
);
CREATE INDEX ix_customer_name_token_token ON customer_name_token (token text_pattern_ops);

CREATE TABLE customer_phone (
    customer_id UUID NOT NULL,
    e164 TEXT NOT NULL,
    digits_reversed TEXT NOT NULL,
    position BIGINT NOT NULL,
    CONSTRAINT pk_customer_phone PRIMARY KEY (customer_id, e164),
    CONSTRAINT ck_customer_phone_e164_form CHECK (e164 ~ '^\+[1-9][0-9]{3,14}$'),
    CONSTRAINT ck_customer_phone_reversed_matches CHECK (digits_reversed = reverse(substr(e164, 2))),
    CONSTRAINT fk_customer_phone_customer_id FOREIGN KEY(customer_id) REFERENCES customer (customer_id) ON DELETE CASCADE
);
CREATE INDEX ix_customer_phone_digits_reversed ON customer_phone (digits_reversed text_pattern_ops);

CREATE TABLE device_incarnation (
    device_id UUID NOT NULL,
    incarnation UUID NOT NULL,
    enrolled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sealed_store_key TEXT,
    CONSTRAINT pk_device_incarnation PRIMARY KEY (device_id, incarnation),
    CONSTRAINT fk_device_incarnation_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);

CREATE TABLE enrolment_code (
    code_hash BYTEA NOT NULL,
    device_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_enrolment_code PRIMARY KEY (code_hash),
    CONSTRAINT ck_enrolment_code_hash_sha256 CHECK (octet_length(code_hash) = 32),
    CONSTRAINT ck_enrolment_code_expires_later CHECK (expires_at > created_at),
    CONSTRAINT fk_enrolment_code_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);
CREATE INDEX ix_enrolment_code_device_id ON enrolment_code (device_id);

CREATE TABLE number_lease (
    first_value BIGINT NOT NULL,
    size BIGINT NOT NULL,
    device_id UUID NOT NULL,
    leased_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_number_lease PRIMARY KEY (first_value),
    CONSTRAINT ck_number_lease_size_positive CHECK (size >= 1),
    CONSTRAINT ck_number_lease_in_range CHECK (first_value >= 0 AND first_value + size <= 100000000),
    CONSTRAINT ex_number_lease_values EXCLUDE USING gist (int8range(first_value, first_value + size) WITH &&),
    CONSTRAINT fk_number_lease_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);
CREATE INDEX ix_number_lease_device_id_leased_at ON number_lease (device_id, leased_at);

CREATE TABLE policy (
    revision BIGSERIAL NOT NULL,
    document JSONB NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    set_by UUID,
    CONSTRAINT pk_policy PRIMARY KEY (revision),
    CONSTRAINT ck_policy_revision_positive CHECK (revision >= 1),
    CONSTRAINT fk_policy_set_by FOREIGN KEY(set_by) REFERENCES person (person_id)
);
CREATE INDEX ix_policy_set_by ON policy (set_by);

CREATE TABLE price (
    code TEXT NOT NULL,
    version BIGINT NOT NULL,
    currency TEXT NOT NULL,
    from_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_price PRIMARY KEY (code, version),
    CONSTRAINT ck_price_currency_known CHECK (currency IN ('GBP', 'USD', 'EUR')),
    CONSTRAINT ck_price_version_positive CHECK (version >= 1),
    CONSTRAINT fk_price_code FOREIGN KEY(code) REFERENCES product (code)
);

CREATE TABLE sales_order (
    order_id UUID NOT NULL,
    number TEXT NOT NULL,
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    review_reasons TEXT[] NOT NULL,
    region TEXT NOT NULL,
    currency TEXT NOT NULL,
    channel TEXT NOT NULL,
    customer_id UUID,
    device_id UUID NOT NULL,
    taken_by UUID NOT NULL,
    placed_by UUID NOT NULL,
    placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    promised_on DATE,
    line_count BIGINT NOT NULL,
    goods_minor BIGINT NOT NULL,
    delivery_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    tax_included BOOLEAN NOT NULL,
    total_minor BIGINT NOT NULL,
    CONSTRAINT pk_sales_order PRIMARY KEY (order_id),
    CONSTRAINT ck_sales_order_state_known CHECK (state IN ('accepted', 'needs_review', 'released', 'cancelled')),
    CONSTRAINT ck_sales_order_region_known CHECK (region IN ('gb', 'us')),
    CONSTRAINT ck_sales_order_currency_known CHECK (currency IN ('GBP', 'USD', 'EUR')),
    CONSTRAINT ck_sales_order_channel_known CHECK (channel IN ('phone', 'fax', 'email', 'post', 'counter', 'web_cart')),
    CONSTRAINT ck_sales_order_number_ten_digits CHECK (number ~ '^[0-9]{10}$'),
    CONSTRAINT ck_sales_order_revision_positive CHECK (revision >= 1),
    CONSTRAINT ck_sales_order_line_count_not_negative CHECK (line_count >= 0),
    CONSTRAINT ck_sales_order_review_has_reason CHECK (state <> 'needs_review' OR cardinality(review_reasons) > 0),
    CONSTRAINT ck_sales_order_total_adds_up CHECK (total_minor = goods_minor + delivery_minor + CASE WHEN tax_included THEN 0 ELSE tax_minor END),
    CONSTRAINT uq_sales_order_number UNIQUE (number),
    CONSTRAINT fk_sales_order_customer_id FOREIGN KEY(customer_id) REFERENCES customer (customer_id),
    CONSTRAINT fk_sales_order_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);
CREATE INDEX ix_sales_order_customer_id_placed_at ON sales_order (customer_id, placed_at);
CREATE INDEX ix_sales_order_device_id ON sales_order (device_id);
CREATE INDEX ix_sales_order_needs_review ON sales_order (received_at) WHERE state = 'needs_review';
CREATE INDEX ix_sales_order_placed_at ON sales_order (placed_at);
CREATE INDEX ix_sales_order_taken_by ON sales_order (taken_by);

CREATE TABLE session (
    session_id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    person_id UUID NOT NULL,
    device_id UUID NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_session PRIMARY KEY (session_id),
    CONSTRAINT ck_session_hash_sha256 CHECK (octet_length(token_hash) = 32),
    CONSTRAINT ck_session_expires_later CHECK (expires_at > opened_at),
    CONSTRAINT uq_session_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_session_person_id FOREIGN KEY(person_id) REFERENCES person (person_id),
    CONSTRAINT fk_session_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);
CREATE INDEX ix_session_device_id ON session (device_id);
CREATE INDEX ix_session_person_id ON session (person_id);

CREATE TABLE stock_level (
    code TEXT NOT NULL,
    on_hand BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    counted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_stock_level PRIMARY KEY (code),
    CONSTRAINT ck_stock_level_reserved_not_negative CHECK (reserved >= 0),
    CONSTRAINT fk_stock_level_code FOREIGN KEY(code) REFERENCES product (code)
);

CREATE TABLE contact (
    contact_id UUID NOT NULL,
    channel TEXT NOT NULL,
    customer_id UUID,
    order_id UUID,
    device_id UUID NOT NULL,
    person_id UUID NOT NULL,
    caller_number TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_contact PRIMARY KEY (contact_id),
    CONSTRAINT ck_contact_channel_known CHECK (channel IN ('phone', 'fax', 'email', 'post', 'counter', 'web_cart')),
    CONSTRAINT ck_contact_ends_after_start CHECK (ended_at >= started_at),
    CONSTRAINT fk_contact_customer_id FOREIGN KEY(customer_id) REFERENCES customer (customer_id),
    CONSTRAINT fk_contact_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id),
    CONSTRAINT fk_contact_device_id FOREIGN KEY(device_id) REFERENCES device (device_id)
);
CREATE INDEX ix_contact_customer_id ON contact (customer_id);
CREATE INDEX ix_contact_device_id ON contact (device_id);
CREATE INDEX ix_contact_order_id ON contact (order_id);

CREATE TABLE order_event (
    seq BIGINT GENERATED ALWAYS AS IDENTITY,
    order_id UUID NOT NULL,
    kind TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    device_id UUID,
    person_id UUID,
    command_id UUID,
    facts JSONB NOT NULL,
    CONSTRAINT pk_order_event PRIMARY KEY (seq),
    CONSTRAINT ck_order_event_kind_not_empty CHECK (kind <> ''),
    CONSTRAINT fk_order_event_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id)
);
CREATE INDEX ix_order_event_order_id_seq ON order_event (order_id, seq);

CREATE TABLE order_line (
    order_id UUID NOT NULL,
    position BIGINT NOT NULL,
    line_id UUID NOT NULL,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    description TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    list_price BIGINT NOT NULL,
    price_version BIGINT NOT NULL,
    told_price BIGINT NOT NULL,
    told_reason TEXT NOT NULL,
    tax_category TEXT NOT NULL,
    quoted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    total_minor BIGINT NOT NULL,
    CONSTRAINT pk_order_line PRIMARY KEY (order_id, position),
    CONSTRAINT ck_order_line_kind_known CHECK (kind IN ('goods', 'charge')),
    CONSTRAINT ck_order_line_tax_category_known CHECK (tax_category IN ('standard', 'reduced', 'zero')),
    CONSTRAINT ck_order_line_position_positive CHECK (position >= 1),
    CONSTRAINT ck_order_line_quantity_in_range CHECK (quantity BETWEEN 1 AND 1000000),
    CONSTRAINT uq_order_line_order_id_line_id UNIQUE (order_id, line_id),
    CONSTRAINT fk_order_line_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id)
);
CREATE INDEX ix_order_line_code ON order_line (code);

CREATE TABLE order_number_alias (
    order_id UUID NOT NULL,
    number TEXT NOT NULL,
    CONSTRAINT pk_order_number_alias PRIMARY KEY (order_id, number),
    CONSTRAINT ck_order_number_alias_number_ten_digits CHECK (number ~ '^[0-9]{10}$'),
    CONSTRAINT fk_order_number_alias_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id)
);
CREATE INDEX ix_order_number_alias_number ON order_number_alias (number);

CREATE TABLE order_version (
    order_id UUID NOT NULL,
    revision BIGINT NOT NULL,
    document JSONB NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_by UUID,
    CONSTRAINT pk_order_version PRIMARY KEY (order_id, revision),
    CONSTRAINT ck_order_version_revision_positive CHECK (revision >= 1),
    CONSTRAINT fk_order_version_order_id FOREIGN KEY(order_id) REFERENCES sales_order (order_id)
);

CREATE TABLE price_break (
    code TEXT NOT NULL,
    version BIGINT NOT NULL,
    from_quantity BIGINT NOT NULL,
    unit_price BIGINT NOT NULL,
    CONSTRAINT pk_price_break PRIMARY KEY (code, version, from_quantity),
    CONSTRAINT fk_price_break_code_version FOREIGN KEY(code, version) REFERENCES price (code, version),
    CONSTRAINT ck_price_break_quantity_in_range CHECK (from_quantity BETWEEN 1 AND 1000000),
    CONSTRAINT ck_price_break_price_in_range CHECK (unit_price BETWEEN 0 AND 10000000000)
);

ALTER TABLE product ADD CONSTRAINT fk_product_code_price_version FOREIGN KEY(code, price_version) REFERENCES price (code, version) DEFERRABLE INITIALLY DEFERRED;

-- What the service may do, and nothing else. It neither changes nor removes what it has recorded,
-- sets no transaction id itself, and never sees the key that opens desk stores.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO readback_service;
REVOKE ALL ON escrow_key FROM readback_service;

GRANT INSERT (at, operation, outcome, person_id, device_id, session_id, command_id, subject, facts)
    ON audit TO readback_service;
GRANT INSERT (kind, key, revision, deleted) ON change TO readback_service;
GRANT INSERT (order_id, kind, at, device_id, person_id, command_id, facts) ON order_event TO readback_service;
GRANT INSERT ON applied_command, audit_seal, order_version, order_number_alias, number_lease, device_incarnation
    TO readback_service;

GRANT INSERT, UPDATE ON sales_order, order_line, customer, address, contact, session TO readback_service;
GRANT INSERT, DELETE ON customer_phone, customer_name_token TO readback_service;
GRANT UPDATE (next_value) ON number_counter TO readback_service;
GRANT UPDATE (on_hand, reserved) ON stock_level TO readback_service;
GRANT UPDATE (failed_tries, locked_until, password_hash) ON credential TO readback_service;
GRANT UPDATE (public_key, incarnation, enrolled_at) ON device TO readback_service;
GRANT UPDATE (sealed_store_key) ON device_incarnation TO readback_service;
GRANT UPDATE (used_at) ON enrolment_code TO readback_service;
