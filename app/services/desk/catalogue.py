"""What the finder shows, and one product by its code: from the index, without SQL or network."""

from __future__ import annotations

from app.services.rules import confusables
from app.store.product_search import ProductIndex
from app.values.errors import Refusal
from app.wire.catalogue import (
    FindLookalikes,
    FindProducts,
    GetProduct,
    Lookalikes,
    ProductHits,
    ProductView,
)

_MOST_ALIKE = 24
"""Twins of each sort. One is enough to make a word one that has to be said, so that a product with
hundreds of them costs no more than one with a few."""


class CatalogueService:
    """The catalogue as this desk knows it."""

    def __init__(self, index: ProductIndex) -> None:
        self._index = index

    def find(self, request: FindProducts) -> ProductHits:
        """The best hits for what was typed so far."""
        return self._index.find(request.text, request.limit)

    def get(self, request: GetProduct) -> ProductView:
        """One product, withdrawn or not. Raises Refusal `product_unknown`."""
        product = self._index.get(request.code)
        if product is None:
            raise Refusal("product_unknown", f"There is no product {request.code}.", "code")
        return product

    def lookalikes(self, request: FindLookalikes) -> Lookalikes:
        """What a product could be taken for. Raises Refusal `product_unknown`."""
        product = self.get(GetProduct(code=request.code))
        candidates = self._index.candidates(product, _MOST_ALIKE)
        return confusables.lookalikes(product, candidates, request.limit)
