"""What an audit entry tells, in words: pairs of name and value. Rooms above name their keys with `name_facts`; an unknown
key keeps its own name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import ClassMember, PersonStatus, Role

Words = Mapping[str, str | Promise]

# A key that means something else in one act stands as "act key", and goes before the plain key.
_names: dict[str, str | Promise] = {
    "code": gettext_lazy("代码"),
    "unit": gettext_lazy("党组织"),
    "unit_name": gettext_lazy("党组织"),
    "status": gettext_lazy("人员状态"),
    "role": gettext_lazy("角色"),
    "on": gettext_lazy("日期"),
    "from": gettext_lazy("原来"),
    "to": gettext_lazy("改为"),
    "role.granted to": gettext_lazy("截止日期"),
    "reason": gettext_lazy("原因"),
    "fields": gettext_lazy("修改的内容"),
    "number": gettext_lazy("学号/工号"),
    "full_name": gettext_lazy("姓名"),
    "phone": gettext_lazy("手机"),
    "email": gettext_lazy("电子邮箱"),
    "rows": gettext_lazy("行数"),
    "filters": gettext_lazy("筛选条件"),
    "filters from": gettext_lazy("从"),
    "filters to": gettext_lazy("到"),
    "filters by": gettext_lazy("党组织归属"),
    "filename": gettext_lazy("文件"),
    "created": gettext_lazy("新建"),
    "class.create code": gettext_lazy("期次"),
    "class.change code": gettext_lazy("期次"),
    "class.change name": gettext_lazy("名称"),
    "class.change owner_unit": gettext_lazy("所属党组织"),
    "class.change from_date": gettext_lazy("开始日期"),
    "class.change to_date": gettext_lazy("结束日期"),
    "class.change rules": gettext_lazy("班级要求"),
    "class.admit_units units": gettext_lazy("党组织"),
    "class.admit_units person_statuses": gettext_lazy("人员状态"),
    "class.admit_units admitted": gettext_lazy("新增学员"),
    "class.admit_users admitted": gettext_lazy("新增学员"),
    "class.start members": gettext_lazy("学员人数"),
    "class.close graduates": gettext_lazy("结业人数"),
    "class.close not_graduated": gettext_lazy("未结业人数"),
    "class.member user": gettext_lazy("学员"),
    "roster.imported new": gettext_lazy("新增"),
    "roster.imported changed": gettext_lazy("变更"),
    "roster.imported unchanged": gettext_lazy("无变化"),
    "roster.imported repeated": gettext_lazy("重复"),
    "roster.imported rejected": gettext_lazy("拒绝"),
}
_values: dict[str, Words] = {
    "filters unit": {"now": gettext_lazy("按现支部")},
    "filters by": {"now": gettext_lazy("按现支部")},
    "status": dict(PersonStatus.choices),
    "role": dict(Role.choices),
    "membership.status from": dict(PersonStatus.choices),
    "membership.status to": dict(PersonStatus.choices),
    "class.admit_units person_statuses": dict(PersonStatus.choices),
    "class.member from": dict(ClassMember.State.choices),
    "class.member to": dict(ClassMember.State.choices),
}
_changes: set[str] = {"class.change"}


def name_facts(names: Words, values: Mapping[str, Words] | None = None, *, changes: str = "") -> None:
    """Words for the keys of another room and for the values of some of them; called from its app's `ready`.
    `changes` is an act whose two-part lists are a value before and a value after."""
    _names.update(names)
    _values.update(values or {})
    _changes.update({changes} - {""})


def facts(action: str, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of each thing the entry holds, instants in local time."""
    return [(_name(action, key), _said(action, key, value)) for key, value in data.items()]


def facts_line(action: str, data: Mapping[str, Any]) -> str:
    """The same in one line, for a table taken away."""
    return _("；").join(
        _("%(name)s：%(value)s") % {"name": name, "value": value} for name, value in facts(action, data)
    )


def _name(action: str, key: str) -> str:
    return str(_names.get(f"{action} {key}") or _names.get(key) or key)


def _said(action: str, key: str, value: Any) -> str:
    if action in _changes and isinstance(value, list) and len(value) == 2:
        before, after = (_said("", key, part) for part in value)
        return _("%(before)s → %(after)s") % {"before": before, "after": after}
    if value is None or value in ("", [], {}):
        return _("（空）")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Mapping):
        return _("，").join(f"{_name(key, part)} {_said(key, part, held)}" for part, held in value.items())
    if isinstance(value, list):
        return _("、").join(_said(action, key, part) for part in value)
    text = str(value)
    words = _values.get(f"{action} {key}") or _values.get(key) or {}
    if key == "fields":
        return _name(action, text)
    return str(words.get(text) or _local(text))


def _local(text: str) -> str:
    """An ISO instant in the site's time zone; anything else, dates too, as it stands."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{localtime(at):%Y-%m-%d %H:%M:%S}" if "T" in text and is_aware(at) else text
