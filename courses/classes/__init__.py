"""Training classes as people see them: the plan, who has done what, graduation. The class itself is organisation's."""
