"""The organisers' screens; the same views stand under /manage/exams/ and inside Wagtail's admin (doors.py)."""
