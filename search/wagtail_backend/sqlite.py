"""On SQLite."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

from modelsearch.backends.database.sqlite import sqlite as stock
from modelsearch.backends.database.sqlite.query import Lexeme, SearchQueryExpression

from .spelling import Spelled, Typed, spell, typed


class _Index(stock.SQLiteIndex):  # type: ignore[misc]  # modelsearch has no types
    def add_items(self, model: type, objs: Iterable[Any]) -> None:
        super().add_items(model, [Spelled(stock.ObjectIndexer(obj, self.backend)) for obj in objs])


class _Compiler(stock.SQLiteSearchQueryCompiler):  # type: ignore[misc]
    """Searches all that is indexed of an object: `fields` would name columns that hold no words."""

    query: Any

    def __init__(self, queryset: Any, query: Any, fields: Any = None, **kwargs: Any) -> None:
        super().__init__(queryset, query, **kwargs)
        self.query = typed(self.query)

    def build_search_query_content(self, query: Any, config: Any = None) -> Any:
        if not isinstance(query, Typed):
            return super().build_search_query_content(query, config=config)
        lexemes = [Lexeme(spell(t.text), prefix=t.prefix or self.LAST_TERM_IS_PREFIX) for t in query.terms]
        join = Lexeme.bitor if query.operator == "or" else Lexeme.bitand
        return SearchQueryExpression(reduce(join, lexemes), config=config)


class _AutocompleteCompiler(_Compiler, stock.SQLiteAutocompleteQueryCompiler):  # type: ignore[misc]
    pass


class SQLiteBackend(stock.SQLiteSearchBackend):  # type: ignore[misc]
    index_class = _Index
    query_compiler_class = _Compiler
    autocomplete_query_compiler_class = _AutocompleteCompiler
