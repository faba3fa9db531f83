"""Tantivy with nothing of ours around it: what a search of products costs at the very least.

One field for words and one for codes; the plain query for a text; stored documents fetched and not
even decoded. It is told where a text holds a slip, which ours has to find out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from app.store.product_search import tokens_of
from app.wire.catalogue import ProductView
from app.wire.message import encode

_WRITER_BYTES = 32_000_000
_FUZZY_LETTERS = 3


class BareIndex:
    """A plain index in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("words", index_option="freq")
        builder.add_text_field("code", tokenizer_name="raw", index_option="basic")
        builder.add_bytes_field("document", stored=True)
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema, str(folder))
        self._writer = self._index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        self._searcher = self._index.searcher()

    def also_put(self, products: Iterable[ProductView]) -> Iterator[ProductView]:
        """Add products on their way to somewhere else."""
        for product in products:
            self._writer.add_document(
                tantivy.Document(
                    words=" ".join(tokens_of(product.description)),
                    code=product.code.casefold(),
                    document=encode(product),
                )
            )
            yield product

    def commit(self) -> int:
        """Let what was added be found; how many products there are."""
        self._writer.commit()
        self._writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()
        return int(self._searcher.num_docs)

    def by_code(self, text: str, rows: int) -> list[bytes]:
        """Products whose code begins so."""
        return self._documents(self._beginning("code", text.casefold()), rows)

    def by_words(self, text: str, rows: int) -> list[bytes]:
        """Products with these words, of the last one only the beginning."""
        *whole, last = tokens_of(text)
        queries = [Query.term_query(self._schema, "words", word, "freq") for word in whole]
        return self._all_of([*queries, self._beginning("words", last)], rows)

    def by_misspelt_words(self, text: str, rows: int) -> list[bytes]:
        """Products with words that begin like these, but for one slip in each."""
        return self._all_of([self._misspelt(word) for word in tokens_of(text)], rows)

    def _beginning(self, field: str, text: str) -> Query:
        return Query.fuzzy_term_query(self._schema, field, text, distance=0, prefix=True)

    def _misspelt(self, word: str) -> Query:
        if len(word) < _FUZZY_LETTERS:
            return self._beginning("words", word)
        return Query.fuzzy_term_query(self._schema, "words", word, distance=1, prefix=True)

    def _all_of(self, queries: list[Query], rows: int) -> list[bytes]:
        return self._documents(Query.boolean_query([(Occur.Must, q) for q in queries]), rows)

    def _documents(self, query: Query, rows: int) -> list[bytes]:
        hits = self._searcher.search(query, rows, count=False).hits
        return [bytes(self._searcher.doc(address)["document"][0]) for _, address in hits]
