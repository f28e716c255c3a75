"""The member's side of the courses: catalogue, course, lesson, own record. What may be seen is asked of learning.study."""
