"""The organisers' screens of the question bank, inside Wagtail's admin. Every row is fetched through a queryset that knows
the person's rights; what is not theirs does not exist (404)."""
