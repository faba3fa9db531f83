"""The desk's product index: rows for what was typed so far, in about a millisecond.

Plain text on disk, because a catalogue is no secret; all of it can be made again from the replica.
Searches may run on any thread; changes come from one thread at a time.
"""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
import zlib
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from app.store.journal import sync_folder
from app.values.errors import Fault, Refusal
from app.values.sounds import keys_asked, keys_kept
from app.values.vocabulary import ProductKind
from app.wire.catalogue import Match, ProductHit, ProductHits, ProductView
from app.wire.message import decode

FORMAT = 2
"""Counts up with every change of fields or tokens; an index of another format is made again."""

_MARK = "index.json"
_WRITER_BYTES = 32_000_000
_LONGEST_TOKEN = 64
_TOKENS_MOST = 12
_START_LETTERS = 3
"""Prefixes up to this long are terms of their own: they match too much to be looked for."""
_FUZZY_LETTERS = 3
_ROWS_LEAST = 50
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile("['\u2019\u02bc]")
_FOOTER_MAGIC = 1337


def code_key(text: str) -> str:
    """How codes are compared: letters small or capital, blanks in a row count as one."""
    whole = text.encode("utf-8", "ignore").decode("utf-8")  # half a letter cannot be looked for
    return " ".join(unicodedata.normalize("NFKC", whole).casefold().split())[: 4 * _LONGEST_TOKEN]


def tokens_of(text: str) -> list[str]:
    """Words without case, accents and apostrophes."""
    if not text.isascii():
        marked = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in marked if not unicodedata.combining(c))
    text = _APOSTROPHES.sub("", text.casefold())
    return [word[:_LONGEST_TOKEN] for word in _WORD.findall(text)]


class ProductIndex:
    """The index of one seat, opened; made empty where there is none that can be used.

    `applied` is the number of the replica's last transaction that it holds; 0 for an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._schema = _schema()
        self._writer: tantivy.IndexWriter | None = None
        name, self.applied = _read_mark(folder)
        opened = _opened(folder / name) if name else None
        if opened is None:
            self._name, self._index = self._fresh(name)
        else:
            self._name, self._index = name, opened
        self._prepare()

    def find(self, text: str, limit: int) -> ProductHits:
        """The best hits for what was typed, best first. Raises Fault `index_damaged`."""
        with _own_faults():
            hits = self._hits(text, max(limit, _ROWS_LEAST))
        return ProductHits(text=text, hits=tuple(hits[:limit]))

    def get(self, code: str) -> ProductView | None:
        """One product, withdrawn or not; the spelling given wins over others of the same letters.

        Raises Fault `index_damaged`.
        """
        with _own_faults():
            query = self._term("code", code_key(code))
            found = [self._product(address) for address in self._search(query, _ROWS_LEAST)]
        return next((p for p in found if p.code == code), found[0] if found else None)

    def candidates(self, product: ProductView, most_alike: int) -> tuple[ProductView, ...]:
        """Products that this one might be taken for: those that sound the same first.

        At most so many for each way of being alike, so that no way hides another one. Withdrawn
        products and charges are not among them. Raises Fault `index_damaged`.
        """
        found: dict[str, ProductView] = {}
        seen: set[tuple[int, int]] = set()
        with _own_faults():
            for key in keys_asked(product.code, product.description):
                for address in self._search(self._term("alike", key), most_alike + 1):
                    place = address.segment_ord, address.doc
                    if place not in seen:
                        seen.add(place)
                        one = self._product(address)
                        found[one.code] = one
        found.pop(product.code, None)
        return tuple(found.values())

    def count(self) -> int:
        """How many products it holds."""
        return int(self._searcher.num_docs)

    def put(self, products: Iterable[bytes]) -> None:
        """Add or replace products, each the JSON of a ProductView; seen after `commit`."""
        with self._own_writing() as writer:
            for document in products:
                product = decode(document, ProductView)
                writer.delete_documents_by_term("key", product.code)
                writer.add_document(_document(product, document))

    def remove(self, codes: Iterable[str]) -> None:
        """Take products out; seen after `commit`."""
        with self._own_writing() as writer:
            for code in codes:
                writer.delete_documents_by_term("key", code)

    def commit(self, applied: int) -> None:
        """Make what was put and removed seen by the next search, and kept."""
        with self._own_writing() as writer:
            writer.commit()
            _write_mark(self._folder, self._name, applied)
        self.applied = applied
        self._index.reload()
        self._searcher = self._index.searcher()

    def rest(self) -> None:
        """Give back what writing needs: memory, and the lock on the files."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with _own_faults():
                writer.wait_merging_threads()

    def is_sound(self) -> bool:
        """Whether every file of the index is as it was written; reads all of it."""
        return all(_has_right_checksum(path) for path in (self._folder / self._name).glob("*.*"))

    def clear(self) -> None:
        """Start again with an empty index."""
        self.rest()
        self.applied = 0
        self._name, self._index = self._fresh(self._name)
        self._prepare()

    def _fresh(self, last: str) -> tuple[str, tantivy.Index]:
        number = int(last.rpartition("-")[2]) + 1 if last else 1
        name = f"index-{number}"
        for old in self._folder.glob("index-*"):
            shutil.rmtree(old, ignore_errors=True)
        (self._folder / name).mkdir(exist_ok=True)
        index = tantivy.Index(self._schema, str(self._folder / name))
        self.applied = 0
        _write_mark(self._folder, name, 0)
        return name, index

    def _prepare(self) -> None:
        self._index.config_reader(reload_policy="manual")
        blanks = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("blanks", blanks)
        self._searcher = self._index.searcher()

    @contextmanager
    def _own_writing(self) -> Generator[tantivy.IndexWriter]:
        """The writer; one that failed is given up with all that was not committed."""
        try:
            with _own_faults():
                if self._writer is None:
                    self._writer = self._index.writer(heap_size=_WRITER_BYTES, num_threads=1)
                yield self._writer
        except Fault as cause:
            self._writer = None
            raise Fault("index_unwritable", _UNWRITABLE) from cause

    def _hits(self, text: str, limit: int) -> list[ProductHit]:
        """Each kind of match is asked for only while the better ones leave room."""
        typed = text[: _TOKENS_MOST * _LONGEST_TOKEN]
        key, tokens = code_key(typed), tokens_of(typed)[:_TOKENS_MOST]
        found = _Found(typed.strip(), tokens, limit)
        if key:
            self._add(found, Match.EXACT_CODE, self._term("code", key))
        if key and found.room:
            self._add(found, Match.CODE_PREFIX, self._code_prefix(key))
        if tokens and found.room:
            self._add(found, Match.WORDS, self._all(tokens, self._word))
        if found.room and any(_may_be_misspelt(token) for token in tokens):
            self._add(found, Match.FUZZY, self._all(tokens, self._misspelt))
        return found.hits

    def _add(self, found: _Found, match: Match, query: Query) -> None:
        addresses = found.new_among(self._search(query, found.limit))
        found.add(match, [self._product(address) for address in addresses])

    def _search(self, query: Query, limit: int) -> list[tantivy.DocAddress]:
        hits = self._searcher.search(query, limit, count=False).hits
        return [address for _, address in hits]

    def _product(self, address: tantivy.DocAddress) -> ProductView:
        return decode(bytes(self._searcher.doc(address)["document"][0]), ProductView)

    def _term(self, field: str, text: str) -> Query:
        return Query.term_query(self._schema, field, text, "freq")

    def _prefix(self, field: str, text: str) -> Query:
        return Query.fuzzy_term_query(self._schema, field, text, distance=0, prefix=True)

    def _code_prefix(self, key: str) -> Query:
        if len(key) <= _START_LETTERS:
            return self._term("code_starts", key)
        return self._prefix("live_code", key)

    def _all(self, tokens: list[str], one: Callable[[str], Query]) -> Query:
        return Query.boolean_query([(Occur.Must, one(token)) for token in tokens])

    def _word(self, token: str) -> Query:
        """Words that start with the token; whole words score higher."""
        if len(token) <= _START_LETTERS:
            starts = self._term("starts", token)
        else:
            starts = self._prefix("words", token)
        whole = self._term("words", token)
        return Query.boolean_query([(Occur.Must, starts), (Occur.Should, whole)])

    def _misspelt(self, token: str) -> Query:
        if not _may_be_misspelt(token):
            return self._word(token)
        return Query.fuzzy_term_query(self._schema, "words", token, distance=1, prefix=True)


class _Found:
    """Hits so far: no product twice, each kind of match sorted by how close it comes."""

    def __init__(self, text: str, tokens: list[str], limit: int) -> None:
        self.limit = limit
        self.hits: list[ProductHit] = []
        self._text = text
        self._tokens = tokens
        self._codes: set[str] = set()
        self._places: set[tuple[int, int]] = set()

    @property
    def room(self) -> bool:
        return len(self.hits) < self.limit

    def new_among(self, addresses: Iterable[tantivy.DocAddress]) -> list[tantivy.DocAddress]:
        """Addresses that no better match gave; only these need to be read."""
        places = {(address.segment_ord, address.doc): address for address in addresses}
        new = [address for place, address in places.items() if place not in self._places]
        self._places.update(places)
        return new

    def add(self, match: Match, products: list[ProductView]) -> None:
        fresh = [product for product in products if product.code not in self._codes]
        fresh.sort(key=self._by_code if match in _BY_CODE else self._by_words)
        for product in fresh[: self.limit - len(self.hits)]:
            self._codes.add(product.code)
            self.hits.append(ProductHit(product=product, match=match))

    def _by_code(self, product: ProductView) -> tuple[object, ...]:
        return product.code != self._text, product.withdrawn, len(product.code), product.code

    def _by_words(self, product: ProductView) -> tuple[object, ...]:
        """Whole words before beginnings before slips, then the shorter description."""
        words = _words_of(product.description)
        missed = 0
        for token in self._tokens:
            if token not in words:
                missed += 1 if any(word.startswith(token) for word in words) else _SLIP
        return missed, len(words), product.description, product.code


@lru_cache(maxsize=4_000)
def _words_of(description: str) -> tuple[str, ...]:
    """Kept, because each letter typed finds much of what the letter before found."""
    return tuple(tokens_of(description))


_BY_CODE = (Match.EXACT_CODE, Match.CODE_PREFIX)
_SLIP = 1_000


def _may_be_misspelt(token: str) -> bool:
    """Words, not sizes and codes: 10 is never a slip for 12."""
    return len(token) >= _FUZZY_LETTERS and token.isalpha()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("code", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("live_code", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("code_starts", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("words", tokenizer_name="blanks", index_option="freq")
    builder.add_text_field("starts", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("alike", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("document", stored=True)
    return builder.build()


def _document(product: ProductView, document: bytes) -> tantivy.Document:
    """A withdrawn product is found by its whole code only."""
    key = code_key(product.code)
    if product.withdrawn:
        return tantivy.Document(key=product.code, code=key, document=document)
    tokens = list(dict.fromkeys(tokens_of(f"{product.description} {product.code}")))
    return tantivy.Document(
        key=product.code,
        code=key,
        live_code=key,
        code_starts=_starts([key]),
        words=" ".join(tokens),
        starts=_starts(tokens),
        alike=_alike(product),
        document=document,
    )


def _alike(product: ProductView) -> list[str]:
    """What it shares with products it may be taken for; nobody takes goods for a charge."""
    if product.kind is not ProductKind.GOODS:
        return []
    return keys_kept(product.code, product.description)


def _starts(tokens: Iterable[str]) -> list[str]:
    return sorted({token[:n] for token in tokens for n in range(1, _START_LETTERS + 1)})


def _opened(folder: Path) -> tantivy.Index | None:
    """The index in the folder, or None where it cannot be used."""
    try:
        with _own_faults():
            index = tantivy.Index.open(str(folder))
            index.searcher()
    except Fault:
        return None
    return index


def _read_mark(folder: Path) -> tuple[str, int]:
    """Name of the index and what it holds; an empty name where there is none of this format."""
    try:
        mark = json.loads((folder / _MARK).read_text(encoding="ascii"))
        if mark["format"] == FORMAT and (folder / mark["name"]).is_dir():
            return str(mark["name"]), int(mark["applied"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return "", 0


def _write_mark(folder: Path, name: str, applied: int) -> None:
    fresh = folder / f"{_MARK}.new"
    text = json.dumps({"format": FORMAT, "name": name, "applied": applied})
    fresh.write_text(text, encoding="ascii")
    fresh.replace(folder / _MARK)
    sync_folder(folder)


def _has_right_checksum(path: Path) -> bool:
    """Compare a file with the checksum that tantivy wrote behind its content."""
    if path.suffix in {".json", ".lock"}:
        return True
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return True  # a merge has just taken it away
    length, magic = int.from_bytes(content[-8:-4], "little"), int.from_bytes(content[-4:], "little")
    if magic != _FOOTER_MAGIC or length > len(content):
        return False
    try:
        footer = json.loads(content[-8 - length : -8])
    except ValueError:
        return False
    return isinstance(footer, dict) and footer.get("crc") == zlib.crc32(content[: -8 - length])


@contextmanager
def _own_faults() -> Generator[None]:
    """Turn what a damaged index does to tantivy into a Fault."""
    try:
        yield
    except (ValueError, OSError, Refusal) as cause:
        raise Fault("index_damaged", _DAMAGED) from cause
    except BaseException as cause:
        # A panic in Rust arrives as a class that cannot be imported and is no Exception.
        if type(cause).__name__ != "PanicException":
            raise
        raise Fault("index_damaged", _DAMAGED) from cause


_UNWRITABLE = "The list of products at this desk cannot be kept up to date."
_DAMAGED = "The list of products at this desk is damaged; it is made again at the next start."
