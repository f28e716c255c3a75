"""Reads the notations of answers: letters, numbers, the options' own words, right and wrong, blanks."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from question_bank.questions.exchange.options import same_text


class Reading(StrEnum):
    """How an answer was read; screens hear of the doubtful ones."""

    LETTERS = "letters"
    NUMBERS = "numbers"
    DIGITS = "digits"  # "134" as 1, 3, 4
    TEXT = "text"


class AnswerRefused(ValueError):
    """The answer cannot be read without guessing; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Choice:
    positions: tuple[int, ...]
    reading: Reading
    repeated: bool = False


_PREFIX = re.compile(
    r"^[\s【\[(（]*(?:正确答案|标准答案|参考答案|答案|正确选项|answer)(?:是|为)?[\s】\])）]*[:：]?\s*",
    re.IGNORECASE,
)
_SEPARATORS = r"[\s,，、|｜;；/\\.。&+和与\-_\"'\[\]{}()]"
_LETTERS = re.compile(rf"{_SEPARATORS}*[A-Z](?:{_SEPARATORS}*[A-Z])*{_SEPARATORS}*", re.IGNORECASE)
_NUMBERS = re.compile(r"\d{1,10}|\d{1,2}(?:\s*[,，、|;；/\s]\s*\d{1,2})*")
_CALLED = re.compile(
    r"(?:选项|选择|选|option|choice)\s*([A-J]+|\d{1,2})|([A-J])\s*(?:选项|项)", re.IGNORECASE
)
_LABELLED = re.compile(r"([A-Z])\s*[.．、:：)）]\s*(\S.*)|([A-Z])\s+(\S.*)", re.IGNORECASE | re.DOTALL)
_TRUE = {
    "对",
    "正确",
    "√",
    "✓",
    "✔",
    "☑",
    "t",
    "true",
    "是",
    "y",
    "yes",
    "对的",
    "正确的",
    "right",
    "correct",
    "v",
    "真",
    "是的",
    "ok",
}
_FALSE = {
    "错",
    "错误",
    "×",
    "✗",
    "✘",
    "x",
    "f",
    "false",
    "否",
    "n",
    "no",
    "错的",
    "错误的",
    "wrong",
    "incorrect",
    "不正确",
    "不对",
    "假",
    "不是",
    "╳",
    "ⅹ",
    "✕",
    "✖",
    "☒",
}
_TRUE |= {"r"}
_STEM_KEY = re.compile(r"([（(【\[])[\s\u3000]*([A-JＡ-Ｊ](?:[\s,，、]*[A-JＡ-Ｊ])*)[\s\u3000]*([)）】\]])")
_STEM_TRUTH = re.compile(
    r"[（(【\[][\s\u3000]*(√|×|✓|✔|✗|✘|对|错|正确|错误|[xX]|[TF])[\s\u3000]*[)）】\]]\s*[.。]?\s*$"
)
BLANK = re.compile(r"_{2,}|＿{2,}|[（(]\s*[)）]|【\s*】|\[\s*\]|［\s*］|〔\s*〕|﹍{2,}|\{\s*\}")


def bare(text: str) -> str:
    """Half-width text without the words "答案：" before it."""
    return _PREFIX.sub("", unicodedata.normalize("NFKC", text).strip()).strip()


def truth_of(text: str) -> bool | None:
    """True, False, or None for any other word. Numbers and letters A, B are not judged here."""
    word = unicodedata.normalize("NFKC", text).strip().strip("。.,;、()（）[]【】 ").casefold()
    if word in _TRUE:
        return True
    return False if word in _FALSE else None


def _ordered(positions: list[int], reading: Reading, keep_order: bool) -> Choice:
    unique = list(dict.fromkeys(positions))
    return Choice(tuple(unique if keep_order else sorted(unique)), reading, len(unique) < len(positions))


def read_choice(answer: str, options: tuple[str, ...], *, one: bool, keep_order: bool = False) -> Choice:
    """Positions (from 0) of the right options. `one`: exactly one is expected, which may settle a doubt.

    Raises AnswerRefused(answer_beyond_options | answer_unreadable | answer_ambiguous | answer_text_mismatch).
    """
    text = bare(answer)
    if match := _CALLED.fullmatch(text):
        text = match[1] or match[2]
    own = own_text(answer, options)
    if _LETTERS.fullmatch(text):
        positions = [ord(letter) - 65 for letter in text.upper() if "A" <= letter <= "Z"]
        # "A" is the letter even where some option reads "a"
        if own is not None and options[own].strip() == answer.strip() and positions != [own]:
            if one and len(set(positions)) > 1:
                return Choice((own,), Reading.TEXT)
            raise AnswerRefused("answer_ambiguous")
        if max(positions) >= len(options) or any(not options[at] for at in positions):
            if found := _by_texts(answer, options, keep_order):
                return found
            raise AnswerRefused("answer_beyond_options")
        return _ordered(positions, Reading.LETTERS, keep_order)
    if _NUMBERS.fullmatch(text):
        return _numbers(text, own, options, one, keep_order)
    if own is not None:
        return Choice((own,), Reading.TEXT)
    if found := _by_texts(answer, options, keep_order):
        return found
    raise AnswerRefused("answer_unreadable")


def _numbers(text: str, own: int | None, options: tuple[str, ...], one: bool, keep_order: bool) -> Choice:
    positions = [int(number) - 1 for number in re.findall(r"\d+", text)]
    fits = all(0 <= at < len(options) and options[at] for at in positions)
    if own is not None:
        if fits and positions != [own]:
            raise AnswerRefused("answer_ambiguous")
        return Choice((own,), Reading.TEXT)
    if fits:
        return _ordered(positions, Reading.NUMBERS, keep_order)
    if found := _by_texts(text, options, keep_order):
        return found
    digits = [int(digit) - 1 for digit in text] if text.isdigit() else []
    if not one and len(digits) > 1 and all(0 <= at < len(options) and options[at] for at in digits):
        return _ordered(digits, Reading.DIGITS, keep_order)
    raise AnswerRefused("answer_beyond_options")


def own_text(answer: str, options: tuple[str, ...]) -> int | None:
    """The one option that reads as the answer does, or None."""
    wanted = same_text(answer)
    hits = [at for at, option in enumerate(options) if option and same_text(option) == wanted]
    return hits[0] if len(hits) == 1 else None


def _piece(piece: str, options: tuple[str, ...], loose: list[str]) -> int | None:
    """The option that one piece of an answer names by its text, or by letter and text together."""
    own = own_text(piece, options)
    if own is not None:
        return own
    folded = unicodedata.normalize("NFKC", piece).strip()
    match = _LABELLED.fullmatch(folded)
    if match:
        at = ord((match[1] or match[3]).upper()) - 65
        words = _loose(match[2] or match[4])
        if at < len(options) and options[at]:
            if words == loose[at]:
                return at
            if words and (words in loose or len(words) > 1):
                raise AnswerRefused("answer_text_mismatch")
        return None
    if len(folded) == 1 and folded.isalpha() and folded.isascii() and ord(folded.upper()) - 65 < len(options):
        return ord(folded.upper()) - 65
    words = _loose(piece)
    hits = [at for at, option in enumerate(loose) if option and option == words]
    return hits[0] if len(hits) == 1 else None


def _by_texts(answer: str, options: tuple[str, ...], keep_order: bool) -> Choice | None:
    loose = [_loose(option) for option in options]
    text = _PREFIX.sub("", answer.strip())
    mismatch: AnswerRefused | None = None
    for separators in (
        None,
        r"\n",
        r"[|｜]",
        r"[;；]",
        r"\s*[,，]\s*(?=[A-J]\s*[.．、:：])",
        r"[,，]",
        r"[、,，]",
        r"[\s,，、;；|/]+",
    ):
        pieces = (
            [text] if separators is None else [piece for piece in re.split(separators, text) if piece.strip()]
        )
        if not pieces or len(pieces) > len(options) * 2:
            continue
        try:
            positions = [_piece(piece, options, loose) for piece in pieces]
        except AnswerRefused as refused:
            mismatch = refused  # another separator may still make sense of it
            continue
        if all(at is not None for at in positions):
            return _ordered([at for at in positions if at is not None], Reading.TEXT, keep_order)
    consumed = _consume(_loose(text), loose)
    if consumed:
        return _ordered(consumed, Reading.TEXT, keep_order)
    if mismatch is not None:
        raise mismatch
    return None


def _loose(text: str) -> str:
    return re.sub(r"[\s\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def _consume(text: str, loose: list[str], depth: int = 0) -> list[int] | None:
    """Options whose texts, one behind the other, make up the whole answer; None unless it comes out even."""
    if not text:
        return []
    if depth > 26:
        return None
    for at in sorted(range(len(loose)), key=lambda index: -len(loose[index])):
        option = loose[at]
        if len(option) > 1 and text.startswith(option) and loose.count(option) == 1:
            rest = _consume(text[len(option) :], [*loose[:at], "", *loose[at + 1 :]], depth + 1)
            if rest is not None:
                return [at, *rest]
            break  # the longest that fits decides: no search through every order
    return None


def read_truth(answer: str, options: tuple[str, ...]) -> tuple[bool, bool]:
    """The key of a true-false question, and whether a convention (A = right) had to be assumed.

    Raises AnswerRefused(answer_unreadable | answer_ambiguous | true_false_options).
    """
    text = bare(answer).strip("。.;；,， ")
    meanings = [truth_of(option) for option in options if option]
    if meanings and (len(meanings) != 2 or None in meanings or meanings[0] == meanings[1]):
        raise AnswerRefused("true_false_options")
    word = truth_of(text)
    if re.fullmatch(r"[ABab]", text):
        at = ord(text.upper()) - 65
        meaning = meanings[at] if meanings else None
        return (at == 0, True) if meaning is None else (meaning, False)
    if text in ("1", "0", "2"):
        by_number = meanings[int(text) - 1] if meanings and text != "0" else None
        if text == "2":
            if by_number is None:
                raise AnswerRefused("answer_unreadable")
            return by_number, False
        if by_number is not None and by_number != (text == "1"):
            raise AnswerRefused("answer_ambiguous")
        return text == "1", False
    if word is not None:
        return word, False
    match = re.fullmatch(r"([ABab])\s*[.、:)]?\s*(\S+)", text)
    if match and (said := truth_of(match[2])) is not None:
        if meanings and meanings[ord(match[1].upper()) - 65] != said:
            raise AnswerRefused("answer_text_mismatch")
        return said, False
    raise AnswerRefused("answer_unreadable")


def take_key(stem: str) -> tuple[str, str]:
    """Letters that stand in brackets in the stem ("( B )") and the stem with the bracket emptied.

    Empty where there are none or where two brackets disagree.
    """
    found = [
        re.sub(r"[^A-J]", "", unicodedata.normalize("NFKC", match[2])) for match in _STEM_KEY.finditer(stem)
    ]
    if not found or len(set(found)) > 1 or list(found[0]) != sorted(set(found[0])):
        return "", stem  # also for "（BBC）", which is a word
    return found[0], _STEM_KEY.sub(lambda match: f"{match[1]} {match[3]}", stem)


def take_truth(stem: str) -> tuple[str, str]:
    """A √ or × in brackets at the end of the stem, and the stem without it; empty where there is none."""
    match = _STEM_TRUTH.search(stem)
    return (match[1], stem[: match.start()].rstrip()) if match else ("", stem)


def count_blanks(stem: str) -> int:
    return len(BLANK.findall(stem))


def read_blanks(answer: str, expected: int, alternatives: str | None) -> tuple[tuple[str, ...], ...]:
    """Per blank its accepted texts. `expected` is the number of blanks seen in the stem (0: unknown).

    Raises AnswerRefused(blanks_differ) where no separator gives as many answers as there are blanks.
    """
    text = re.sub(
        r"^[\s【\[(（]*(?:正确答案|标准答案|参考答案|答案)[\s】\])）]*[:：]\s*", "", answer.strip()
    ).strip()
    tries: list[list[str]] = []
    brackets = re.findall(r"[(（【]([^()（）【】]+)[)）】]", text)
    if brackets and not re.sub(r"[(（【][^()（）【】]+[)）】]|[\s;；,，、|]", "", text):
        tries.append(brackets)
    numbered = re.split(r"(?:^|(?<=[\s;；,，。]))[(（]?\d{1,2}[)）.．、]\s*(?!\d)", text)[1:]
    if len(numbered) > 1:
        tries.append([piece.rstrip(" \t\n;；,，。\u3000") for piece in numbered])
    # a separator that is not the one between alternatives
    for separators in (r"[;；]+", r"[|｜]+", r"\n+", r"\s*##?\s*"):
        if alternatives and alternatives in separators:
            continue
        pieces = [piece for piece in re.split(separators, text) if piece.strip()]
        if len(pieces) > 1:
            tries.append(pieces)
    strong = list(tries)
    if expected > 1:
        tries += [[p for p in re.split(weak, text) if p.strip()] for weak in (r"[,，]", r"、", r"\s+", r"/")]
    pieces = next((found for found in tries if expected and len(found) == expected), [])
    if not pieces:
        if expected <= 1 and not strong:
            pieces = [text]
        elif expected == 0:
            pieces = strong[0]
        else:
            raise AnswerRefused("blanks_differ")
    return tuple(_alternatives(piece.strip(), alternatives) for piece in pieces)


def _alternatives(piece: str, separator: str | None) -> tuple[str, ...]:
    if not separator:
        return (piece,)
    return tuple(dict.fromkeys(part.strip() for part in piece.split(separator) if part.strip())) or (piece,)
