"""Every text the player shows, in the member's language; named placeholders are filled in the browser."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from question_bank.questions.models import QuestionVersion


def player_words() -> dict[str, str]:
    return {
        "question_n": _("第 %(n)s 题"),
        "points": _("%(n)s 分"),
        "comma": _("，"),
        "answered": _("已作答"),
        "unanswered": _("未作答"),
        "flagged": _("已标记"),
        "flag": _("标记"),
        "here": _("当前题"),
        "answered_of": _("已作答 %(n)s/%(total)s 题"),
        "n_unanswered": _("%(n)s 题未作答"),
        "n_flagged": _("%(n)s 题已标记"),
        "all_answered": _("所有题目都已作答。"),
        "is_true": _("正确"),
        "is_false": _("错误"),
        "blank_n": _("第 %(n)s 空"),
        "blank": _("（未作答）"),
        "your_answer": _("您的答案"),
        "characters": _("%(n)s/%(max)s 字"),
        "choose": _("请选择"),
        "order_hint": _("用“上移”“下移”把各项排成正确的顺序。"),
        "keep_order": _("就按现在的顺序"),
        "move_up": _("上移：%(name)s"),
        "move_down": _("下移：%(name)s"),
        "moved": _("%(name)s，现在第 %(n)s 位"),
        "clear": _("清除本题答案"),
        "cleared": _("本题答案已清除"),
        "empty_hint": _("空白不会替换已保存的答案。要取消作答，请按“清除本题答案”。"),
        "refused": _("这道题的答案未被接受，可能太长或格式不对。内容仍保留在这里，请修改后再试。"),
        "two_versions": _("这道题在另一处有更新的答案。两个版本都保留着，请选择用哪一个。"),
        "mine": _("本页的答案"),
        "theirs": _("已保存的答案"),
        "use_mine": _("用本页的答案"),
        "use_theirs": _("用已保存的答案"),
        "minutes_left": _("还剩 %(n)s 分钟"),
        "extended": _("已延长 %(n)s 分钟"),
        "shortened": _("考试时间减少了 %(n)s 分钟"),
        "too_early": _("还没有到最短交卷时间，请继续作答。"),
        "away": _("已离开 %(n)s 次，共允许 %(allowed)s 次。离开会被记录。"),
        "away_submit": _("已离开 %(n)s 次，共允许 %(allowed)s 次。超过后将自动交卷。"),
        "date_time": _("%(year)s年%(month)s月%(day)s日 %(time)s"),
        "time_zone": settings.TIME_ZONE,
        **{f"kind_{kind.value}": str(kind.label) for kind in QuestionVersion.Kind},
    }
