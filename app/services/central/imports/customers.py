"""Customers from a file: who they are, how they are reached, where they live.

A customer's id is made from the file's own reference (or, without one, from name, postcode and
telephone), so that importing a file again finds the same customers. What a file does not say about
a customer who is known stays: numbers and addresses are added, never taken away.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from operator import attrgetter
from pathlib import Path

from app.services.central.customers import address_digest
from app.services.central.imports.options import FileOptions
from app.services.central.imports.price_list import refuse_ragged, yes_or_no
from app.services.central.imports.rejects import ImportSummary, Rejects, each_once
from app.services.central.imports.staging import counted, run, stage, take_turns
from app.services.central.imports.table_file import (
    Field,
    Progress,
    Row,
    TableFile,
    no_progress,
    place_columns,
)
from app.services.central.imports.uk_places import country_of_postcode, parted_lines
from app.services.central.transaction import Transaction, Transactions
from app.values.contact import EmailAddress, PostalAddress, folded_postcode, name_tokens
from app.values.countries import country_names
from app.values.errors import Refusal
from app.values.postal import check_address
from app.values.telephone import PhoneNumber
from app.values.wording import text_for_search, tidy

_LINES = tuple(f"address{number}" for number in range(1, 6))
FIELDS = (
    Field(
        name="reference",
        aliases=(
            *("CustomerID", "CustomerNo", "CustomerNumber", "Account", "AccountNo", "OrgCode"),
            *("AccountNumber", "Code", "ID"),
        ),
    ),
    Field(
        name="name",
        aliases=("CustomerName", "FullName", "Contact"),
        required=True,
    ),
    Field(name="organisation", aliases=("Organization", "Company", "CompanyName")),
    Field(name="phone", aliases=("Telephone", "Tel", "PhoneNumber", "TelephoneNumber", "Landline")),
    Field(name="second_phone", aliases=("Mobile", "MobileNumber", "Cell", "Phone2")),
    Field(name="email", aliases=("EmailAddress", "Mail")),
    Field(name="text_relay", aliases=("Relay", "TextRelayUser")),
    Field(name="on_account", aliases=("CreditAccount", "AccountCustomer", "MayPayByInvoice")),
    Field(name="address1", aliases=("Address", "AddressLine1", "Line1", "Street", "Street1")),
    *(
        Field(name=f"address{n}", aliases=(f"AddressLine{n}", f"Line{n}", f"Street{n}"))
        for n in range(2, 6)
    ),
    Field(name="city", aliases=("Town", "PostTown", "TownCity")),
    Field(name="area", aliases=("State", "County", "Province", "Region")),
    Field(name="postcode", aliases=("PostalCode", "ZIP", "ZipCode")),
    Field(name="country", aliases=("CountryCode",)),
)
LONGEST_NAME = 200
_NAMESPACE = uuid.UUID("6f3c0a52-91d4-5c0e-8f7b-2f6f2a1f9d10")
COLUMNS = {
    "customer_id": "uuid NOT NULL",
    "name": "text NOT NULL",
    "email": "text",
    "text_relay": "boolean",
    "on_account": "boolean",
    "phones": "text[] NOT NULL",
    "tokens": "text[] NOT NULL",
    "address_id": "uuid",
    "country": "text",
    "addressee": "text",
    "organisation": "text",
    "street": "text[]",
    "city": "text",
    "area": "text",
    "postcode": "text",
    "postcode_folded": "text",
    "digest": "bytea",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerOptions(FileOptions):
    """`country` is where rows are that name none."""

    country: str = "GB"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCustomer:
    """A customer as a file lists them."""

    customer_id: uuid.UUID
    name: str
    phones: tuple[str, ...]
    email: str | None
    text_relay: bool | None
    on_account: bool | None
    address: PostalAddress | None


def import_customers(
    transactions: Transactions,
    path: Path,
    options: CustomerOptions | None = None,
    progress: Progress = no_progress,
) -> ImportSummary:
    """Take in the customers of a file.

    Raises Refusal for a file that cannot be read or lacks columns; then nothing was changed.
    """
    return transactions.write(partial(_take_in, path, options or CustomerOptions(), progress))


def _take_in(
    path: Path, options: CustomerOptions, progress: Progress, tx: Transaction
) -> ImportSummary:
    with (
        TableFile(path, options.encoding) as file,
        Rejects(options.rejects, file.header) as rejects,
    ):
        columns = place_columns(file.header, FIELDS, options.columns)
        reader = CustomerFile(columns, len(file.header), options.country.upper())
        take_turns(tx)
        rows = map(_staged, reader.read(file.rows(progress), rejects))
        staged = stage(tx, "incoming", COLUMNS, rows, progress)
        progress("comparing", staged, staged)
        run(tx, _JUDGE)
        for step in _TIMED_STEPS:
            run(tx, step, at=tx.at)
        for step in _STEPS:
            run(tx, step)
        counts = counted(tx, _COUNT)
        tx.audit("import.customers", None, **counts._asdict(), rows=file.rows_read)
        return rejects.summary(file, counts)


class CustomerFile:
    """Reads customers row by row; pure."""

    def __init__(self, columns: Mapping[str, int], width: int, country: str) -> None:
        """`columns` as placed by FIELDS; `country` (alpha-2) is for rows that name none."""
        self._columns = columns
        self._width = width
        self._country = country

    def read(self, rows: Iterable[Row], rejects: Rejects) -> Iterator[ListedCustomer]:
        """Customers; a row that is wrong anywhere, or a customer who came before, is set aside."""
        by_id = attrgetter("customer_id")
        return each_once(rows, self._customer, by_id, rejects, "the customer came before")

    def _customer(self, row: Row) -> ListedCustomer:
        refuse_ragged(row, self._width)
        name = self._text(row, "name") or self._text(row, "organisation")
        relay, account = self._text(row, "text_relay"), self._text(row, "on_account")
        if not name:
            raise Refusal("name_missing", "no name")
        if len(name) > LONGEST_NAME:
            raise Refusal("name_too_long", "the name is too long")
        address = self._address(row, name)
        phones = self._phones(row, address.country if address else self._country)
        return ListedCustomer(
            customer_id=self._id(row, name, phones, address),
            name=name,
            phones=phones,
            email=_email(self._text(row, "email")),
            text_relay=yes_or_no(relay, "text_relay") if relay else None,
            on_account=yes_or_no(account, "on_account") if account else None,
            address=address,
        )

    def _address(self, row: Row, name: str) -> PostalAddress | None:
        """The address in its tidy form; None where the row holds nothing of one."""
        lines = [line for field in _LINES if (line := self._text(row, field))]
        city, area = self._text(row, "city"), self._text(row, "area")
        postcode = self._text(row, "postcode")
        if not (lines or city or postcode):
            return None
        country = _country(self._text(row, "country")) or self._country
        street: Sequence[str] = lines
        if country == "GB":
            country = country_of_postcode(postcode)
            if not city:
                street, city, area = parted_lines(lines)
        if city and not street:
            street = (name,)
        check = check_address(
            PostalAddress(
                country=country,
                name=name,
                organisation=self._text(row, "organisation"),
                street=tuple(street),
                city=city,
                area=area,
                postcode=postcode,
            )
        )
        if check.errors:
            problem = check.errors[0]
            value: str | tuple[str, ...] = getattr(check.address, problem.field)
            wrong = "not right" if value else "missing"
            raise Refusal(problem.code, f"the address: {problem.field} is {wrong}")
        return check.address

    def _phones(self, row: Row, country: str) -> tuple[str, ...]:
        texts = filter(None, (self._text(row, "phone"), self._text(row, "second_phone")))
        try:
            return tuple(dict.fromkeys(PhoneNumber.parse(text, country).e164 for text in texts))
        except Refusal as refusal:
            raise Refusal(refusal.code, "the telephone number is not one") from refusal

    def _id(
        self, row: Row, name: str, phones: Sequence[str], address: PostalAddress | None
    ) -> uuid.UUID:
        reference = self._text(row, "reference")
        if reference:
            return uuid.uuid5(_NAMESPACE, f"reference {reference}")
        postcode = folded_postcode(address.postcode) if address else ""
        who = (text_for_search(name), postcode, *phones)
        return uuid.uuid5(_NAMESPACE, f"who {' '.join(who)}")

    def _text(self, row: Row, field: str) -> str:
        index = self._columns.get(field)
        return "" if index is None else tidy(row.values[index])


def _email(text: str) -> str | None:
    try:
        return EmailAddress.parse(text).text if text else None
    except Refusal as refusal:
        raise Refusal(refusal.code, "the e-mail address is not one") from refusal


def _country(text: str) -> str:
    """Alpha-2 of a code or an English name; empty where the row names none."""
    if not text:
        return ""
    code = text.upper()
    if code in country_names() or code == "UK":
        return "GB" if code == "UK" else code
    found = _codes_by_name().get(text_for_search(text))
    if found is None:
        raise Refusal("country_unknown", "the country is not known")
    return found


@cache
def _codes_by_name() -> dict[str, str]:
    return {text_for_search(name): code for code, name in country_names().items()}


def _staged(customer: ListedCustomer) -> Sequence[object]:
    about = (
        customer.customer_id,
        customer.name,
        customer.email,
        customer.text_relay,
        customer.on_account,
        list(customer.phones),
        list(name_tokens(customer.name)),
    )
    address = customer.address
    if address is None:
        return (*about, *[None] * 10)
    digest = address_digest(address)
    return (
        *about,
        uuid.uuid5(customer.customer_id, digest.hex()),
        address.country,
        address.name,
        address.organisation,
        list(address.street),
        address.city,
        address.area,
        address.postcode,
        folded_postcode(address.postcode),
        digest,
    )


_JUDGE = """
    CREATE TEMPORARY TABLE judged ON COMMIT DROP AS
    WITH compared AS (
        SELECT i.customer_id,
               c.customer_id IS NULL AS is_new,
               c.name IS DISTINCT FROM i.name AS renamed,
               (c.email, c.text_relay, c.on_account) IS DISTINCT FROM
                   (coalesce(i.email, c.email), coalesce(i.text_relay, c.text_relay),
                    coalesce(i.on_account, c.on_account)) AS retold,
               EXISTS (SELECT FROM unnest(i.phones) AS n (e164)
                       WHERE NOT EXISTS (SELECT FROM customer_phone p
                                         WHERE (p.customer_id, p.e164) = (i.customer_id, n.e164))
                      ) AS rings_elsewhere,
               i.digest IS NOT NULL AND NOT EXISTS (
                   SELECT FROM address a WHERE (a.customer_id, a.digest) = (i.customer_id, i.digest)
               ) AS moved
        FROM incoming i LEFT JOIN customer c USING (customer_id)
    )
    SELECT *, is_new OR renamed OR retold OR rings_elsewhere OR moved AS differs FROM compared
"""
_TIMED_STEPS = (
    """
    INSERT INTO customer (customer_id, revision, name, email, text_relay, on_account, created_at,
                          updated_at)
    SELECT i.customer_id, 1, i.name, i.email, coalesce(i.text_relay, false),
           coalesce(i.on_account, false), :at, :at
    FROM incoming i JOIN judged j USING (customer_id) WHERE j.is_new
    """,
    """
    INSERT INTO customer_version (customer_id, revision, name, email, text_relay, on_account,
                                  phones, replaced_at)
    SELECT c.customer_id, c.revision, c.name, c.email, c.text_relay, c.on_account,
           ARRAY(SELECT p.e164 FROM customer_phone p WHERE p.customer_id = c.customer_id
                 ORDER BY p.position, p.e164), :at
    FROM customer c JOIN judged j USING (customer_id) WHERE j.differs AND NOT j.is_new
    """,
    """
    UPDATE customer c
    SET name = i.name, email = coalesce(i.email, c.email),
        text_relay = coalesce(i.text_relay, c.text_relay),
        on_account = coalesce(i.on_account, c.on_account), revision = c.revision + 1,
        updated_at = :at
    FROM incoming i JOIN judged j USING (customer_id)
    WHERE c.customer_id = i.customer_id AND j.differs AND NOT j.is_new
    """,
    """
    INSERT INTO address (address_id, customer_id, country, name, organisation, street,
                         dependent_locality, city, area, postcode, postcode_folded, digest,
                         last_used_at)
    SELECT i.address_id, i.customer_id, i.country, i.addressee, i.organisation, i.street, '',
           i.city, i.area, i.postcode, i.postcode_folded, i.digest, :at
    FROM incoming i JOIN judged j USING (customer_id) WHERE j.moved
    """,
)
_STEPS = (
    """
    DELETE FROM customer_name_token t USING judged j
    WHERE t.customer_id = j.customer_id AND j.renamed AND NOT j.is_new
    """,
    """
    INSERT INTO customer_name_token (customer_id, token)
    SELECT i.customer_id, t.token
    FROM incoming i JOIN judged j USING (customer_id), unnest(i.tokens) AS t (token)
    WHERE j.renamed
    """,
    """
    INSERT INTO customer_phone (customer_id, e164, digits_reversed, position)
    SELECT i.customer_id, n.e164, reverse(substr(n.e164, 2)),
           n.position + (SELECT coalesce(max(p.position), 0) FROM customer_phone p
                         WHERE p.customer_id = i.customer_id)
    FROM incoming i JOIN judged j USING (customer_id),
         unnest(i.phones) WITH ORDINALITY AS n (e164, position)
    WHERE j.rings_elsewhere
    ON CONFLICT (customer_id, e164) DO NOTHING
    """,
    """
    INSERT INTO customer_key (key, customer_id)
    SELECT DISTINCT ON (k.key) k.key, i.customer_id
    FROM incoming i JOIN judged j USING (customer_id), LATERAL (
        SELECT 'tel:' || n.e164 FROM unnest(i.phones) AS n (e164)
        UNION ALL SELECT 'mail:' || lower(i.email) WHERE i.email IS NOT NULL
    ) AS k (key)
    WHERE j.differs ORDER BY k.key, i.customer_id
    ON CONFLICT (key) DO NOTHING
    """,
)
_COUNT = """
    SELECT count(*) FILTER (WHERE is_new) AS added,
           count(*) FILTER (WHERE differs AND NOT is_new) AS changed,
           count(*) FILTER (WHERE NOT differs) AS unchanged
    FROM judged
"""
