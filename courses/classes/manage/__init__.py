"""The organisers' screens of training classes, in Wagtail's admin."""
