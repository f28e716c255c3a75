"""Every act that the audit log can hold is named in words."""

from __future__ import annotations

import re
from pathlib import Path

from learning.organisation.audit_words import words

ROOT = Path(__file__).resolve().parents[2]
ACT = re.compile(r"""action=["']([a-z_]+\.[a-z_]+)["']""")


def test_every_audited_act_has_a_name() -> None:
    sources = [
        *(ROOT / "learning").rglob("*.py"),
        *(ROOT / "question_bank").rglob("*.py"),
        *(ROOT / "courses").rglob("*.py"),
        *(ROOT / "reports").rglob("*.py"),
        *(ROOT / "lti").rglob("*.py"),
        *(ROOT / "search").rglob("*.py"),
    ]
    acts = {act for path in sources for act in ACT.findall(path.read_text())}
    assert acts
    assert not sorted(act for act in acts if words(act) == act)
