"""On PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

from modelsearch.backends.database.postgres import postgres as stock
from modelsearch.backends.database.postgres.query import Lexeme

from .spelling import Spelled, Typed, spell, typed


class _Index(stock.PostgresIndex):  # type: ignore[misc]  # modelsearch has no types
    def add_items(self, model: type, objs: Iterable[Any]) -> None:
        super().add_items(model, [Spelled(stock.ObjectIndexer(obj, self.backend)) for obj in objs])


class _Compiler(stock.PostgresSearchQueryCompiler):  # type: ignore[misc]
    """Searches all that is indexed of an object: `fields` would name columns that hold no words."""

    query: Any

    def __init__(self, queryset: Any, query: Any, fields: Any = None, **kwargs: Any) -> None:
        super().__init__(queryset, query, **kwargs)
        self.query = typed(self.query)

    def build_tsquery_content(self, query: Any, config: Any = None, invert: bool = False) -> Any:
        if not isinstance(query, Typed):
            return super().build_tsquery_content(query, config=config, invert=invert)
        prefix = self.LAST_TERM_IS_PREFIX
        lexemes = [Lexeme(spell(t.text), invert=invert, prefix=t.prefix or prefix) for t in query.terms]
        join = Lexeme.bitor if (query.operator == "or") != invert else Lexeme.bitand
        return stock.SearchQuery(reduce(join, lexemes), search_type="raw", config=config)


class _AutocompleteCompiler(_Compiler, stock.PostgresAutocompleteQueryCompiler):  # type: ignore[misc]
    pass


class PostgreSQLBackend(stock.PostgresSearchBackend):  # type: ignore[misc]
    index_class = _Index
    query_compiler_class = _Compiler
    autocomplete_query_compiler_class = _AutocompleteCompiler

    def __init__(self, params: dict[str, Any]) -> None:
        super().__init__({"SEARCH_CONFIG": "simple", **params})
