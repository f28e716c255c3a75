"""Words of the organisers' screens that are no model's: standings, events, times for a sheet."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy

from . import listing, watching

EXAM_STANDINGS = {
    listing.RUNNING: gettext_lazy("进行中"),
    listing.UPCOMING: gettext_lazy("未开始"),
    listing.DRAFT: gettext_lazy("草稿"),
    listing.FINISHED: gettext_lazy("已结束"),
    listing.WITHDRAWN: gettext_lazy("已撤回"),
}
ROW_STANDINGS = {
    watching.WAITING: gettext_lazy("未开始"),
    watching.SITTING: gettext_lazy("进行中"),
    watching.OFFLINE: gettext_lazy("离线"),
    watching.PAUSED: gettext_lazy("已暂停"),
    watching.DONE: gettext_lazy("已交卷"),
    watching.VOID: gettext_lazy("已作废"),
    watching.AWAY: gettext_lazy("不参加"),
}
RESULT_STANDINGS = {
    "passed": gettext_lazy("合格"),
    "failed": gettext_lazy("不合格"),
    "marking": gettext_lazy("阅卷中"),
    "sitting": gettext_lazy("作答中"),
    "absent": gettext_lazy("未参加"),
    "exempt": gettext_lazy("免考"),
    "deferred": gettext_lazy("缓考"),
    "barred": gettext_lazy("取消资格"),
}
EVENTS = {
    "start": gettext_lazy("开始作答"),
    "submit": gettext_lazy("交卷"),
    "extend": gettext_lazy("调整时间"),
    "revoke": gettext_lazy("撤销时间调整"),
    "pause": gettext_lazy("暂停"),
    "resume": gettext_lazy("继续"),
    "reopen": gettext_lazy("恢复作答"),
    "void": gettext_lazy("作废"),
    "takeover": gettext_lazy("换设备或窗口"),
    "warn": gettext_lazy("提醒离开页面"),
    "blur": gettext_lazy("离开页面"),
    "focus": gettext_lazy("回到页面"),
    "away": gettext_lazy("离开页面"),
    "leave": gettext_lazy("离开页面"),
    "offline": gettext_lazy("离线"),
    "late_accepted": gettext_lazy("计入迟到的答案"),
    "marked": gettext_lazy("阅卷完成"),
    "regrade": gettext_lazy("重评"),
}


def standing_words(standing: str) -> str:
    return str(EXAM_STANDINGS[standing])


def event_words(kind: str) -> str:
    return str(EVENTS.get(kind, kind))


def local_time(at: datetime | None) -> str:
    """As a sheet shows an instant: local time to the second; "" for none."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else ""
