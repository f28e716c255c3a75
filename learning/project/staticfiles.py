"""Hashed file names for everything, imports between our ES modules included."""

from collections.abc import Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

# These name a type file that does not exist, in a JSDoc comment; the rewriter would stop there. No page loads them.
UNREADABLE = "django_htmx/ext/"


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], *args: Any, **kwargs: Any) -> Iterator[Any]:
        readable = {path: kept for path, kept in paths.items() if not path.startswith(UNREADABLE)}
        yield from super().post_process(readable, *args, **kwargs)
