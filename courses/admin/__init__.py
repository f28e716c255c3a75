"""The organisers' screens of courses, topics and material in Wagtail's admin."""
