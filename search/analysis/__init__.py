"""The one analyser of every engine, pure: text in, tokens out; queries, snippets and likeness."""
