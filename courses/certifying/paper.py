"""A certificate on paper: A4 lying down, red and gold rules, no emblem of anybody, a QR code to its page."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from courses.classes.words import plain
from courses.models import Certificate
from learning.printing import text as words
from learning.printing.sheet import INK, Sheet

NAME_SIZE = 34.0
BODY_SIZE = 18.0
CLAUSE_ENDS = ("，", "。", "；", ",", ".", ";")


def printed(certificate: Certificate, *, verify_url: str, site_name: str) -> bytes:
    """The PDF; the same certificate gives the same bytes."""
    title = _("结业证书")
    sheet = Sheet(f"{title} {certificate.number}", landscape=True, subject=certificate.subject_title)
    _frame(sheet)
    middle = sheet.width / 2
    sheet.text(middle, 138, spaced(title), size=42, color=INK.brand, align="center")
    sheet.line(middle - 160, 157, middle + 160, 157, color=INK.gold, width=1)
    name = certificate.holder_name
    room = sheet.width - 260
    sheet.text(middle, 226, name, size=words.fitting(name, NAME_SIZE, room, 14), align="center")
    half = max(130, words.width(words.clean(name), words.fitting(name, NAME_SIZE, room, 14)) / 2 + 16)
    sheet.line(middle - half, 239, middle + half, 239, color=INK.gold, width=0.6)
    foot = 288.0
    for line in balanced(sentence(certificate), BODY_SIZE, room):
        sheet.text(middle, foot, line, size=BODY_SIZE, align="center")
        foot += BODY_SIZE * 1.75
    _lower(sheet, certificate, verify_url, site_name)
    return sheet.finish()


def balanced(text: str, size: float, room: float) -> list[str]:
    """The lines of a centred text: the fewest, ending where a clause ends if they can, else as even as they can be."""
    found = [words.lines(text, size, room)]
    while len(found[0]) > 1:
        room -= size / 2
        narrower = words.lines(text, size, room)
        if len(narrower) > len(found[0]):
            break
        found.append(narrower)
    whole = [lines for lines in found if all(line.endswith(CLAUSE_ENDS) for line in lines[:-1])]
    return (whole or found)[-1]


def spaced(title: str) -> str:
    """A short Chinese title is set wide; English as it is."""
    return title if title.isascii() else "　".join(title)


def sentence(certificate: Certificate) -> str:
    """What is attested, in one sentence."""
    kept = certificate.content
    facts = {
        "title": certificate.subject_title,
        "hours": plain(certificate.credit_hours),
        "from": day(kept.get("from_date")),
        "to": day(kept.get("to_date")),
        "code": kept.get("code", ""),
    }
    if certificate.kind == Certificate.Kind.CLASS:
        return (
            _("于%(from)s至%(to)s参加“%(title)s”（%(code)s）学习，修满 %(hours)s 学时，考核合格，准予结业。")
            % facts
        )
    return _("于%(to)s学完课程“%(title)s”，获得 %(hours)s 学时，准予结业。") % facts


def day(iso: str | None) -> str:
    return date_format(date.fromisoformat(iso), _("Y年n月j日")) if iso else ""


def _frame(sheet: Sheet) -> None:
    """Two red rules with a gold one between them, and gold corners."""
    for inset, color, width in ((26, INK.brand, 3), (32, INK.gold, 1), (38, INK.brand, 0.6)):
        sheet.box(
            inset, inset, sheet.width - 2 * inset, sheet.height - 2 * inset, stroke=color, line_width=width
        )
    arm, inset = 34, 46
    for x, to_right in ((inset, 1), (sheet.width - inset, -1)):
        for y, down in ((inset, 1), (sheet.height - inset, -1)):
            sheet.line(x, y, x + to_right * arm, y, color=INK.gold, width=1.6)
            sheet.line(x, y, x, y + down * arm, color=INK.gold, width=1.6)


def _lower(sheet: Sheet, certificate: Certificate, verify_url: str, site_name: str) -> None:
    """Number and code at the left, who issued it and when at the right."""
    left, bottom, side = 84.0, sheet.height - 84, 92.0
    sheet.qr(left, bottom - side, side, verify_url)
    beside = left + side + 12
    sheet.text(beside, bottom - 46, _("证书编号"), size=9, color=INK.muted)
    sheet.text(beside, bottom - 30, certificate.number, size=13)
    sheet.text(
        beside, bottom - 12, _("扫码或在本站“证书核验”输入编号，可查验真伪。"), size=9, color=INK.muted
    )
    right = sheet.width - 96
    issued = date_format(localtime(certificate.issued_at).date(), _("Y年n月j日"))
    issuer = certificate.content.get("issuer") or site_name
    sheet.text(right, bottom - 34, issuer, size=words.fitting(issuer, 16, 300, 9), align="right")
    sheet.text(right, bottom - 10, issued, size=13, color=INK.muted, align="right")
