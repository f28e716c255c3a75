"""What of a text comes into the index."""

from __future__ import annotations

import pytest

from search.analysis.folding import fold
from search.analysis.tokens import ENDING, EXACT, SOUND, exact_token, name_tokens, text_tokens, title_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("党章学习", {"党章", "章学", "学习", "习"}),
        ("A股和COVID-19", {"a", "股和", "和", "covid", "19"}),
        ("党，章", {"党", "章"}),
        ("2035年", {"2035", "年", "\ue0022035年"}),
        ("第31条", {"第", "31", "条", "\ue00231条"}),
        ("a_b c.d", {"a", "b", "c", "d"}),
        ("x" * 100, {"x" * 64}),
        ("𠮷野", {"𠮷野", "野"}),
        ("🎉《》“”!", set()),
        ("", set()),
    ],
)
def test_runs_of_chinese_are_pairs_and_other_words_are_whole(text: str, tokens: set[str]) -> None:
    assert {token for token in text_tokens(text) if token[0] != ENDING} == tokens


def test_words_of_other_scripts_have_their_endings() -> None:
    endings = {token[1:] for token in text_tokens("到2035年") if token[0] == ENDING}
    assert endings == {"2035", "035", "35", "5"}


def test_a_title_is_found_by_its_initials_its_pinyin_and_single_characters() -> None:
    tokens = title_tokens("《党章》学习 Part 1")
    assert {"党章", "党", "dz", "dangzhang", "xx", "xuexi", "part", "1"} <= tokens
    assert f"{SOUND}dang{SOUND}zhang" in tokens
    assert text_tokens("《党章》学习 Part 1") <= tokens


def test_a_title_is_read_in_context() -> None:
    assert {"czjs", "changzhengjingshen"} <= title_tokens("长征精神")
    assert {"cqdx", "chongqingdaxue"} <= title_tokens("重慶大學")


def test_a_title_sounds_in_each_of_its_readings() -> None:
    tokens = title_tokens("长征")
    assert {f"{SOUND}zhang{SOUND}zheng", f"{SOUND}chang{SOUND}zheng"} <= tokens


def test_blanks_and_punctuation_do_not_make_another_title() -> None:
    assert exact_token(fold("《黨章》 学习")) == exact_token(fold("党章学习"))
    assert exact_token(fold("党章学习")) != exact_token(fold("党章学"))
    assert exact_token("《》") == ""
    assert not any(token.startswith(EXACT) for token in title_tokens("——"))


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("曾小明", {"zxm", "zengxiaoming", "cengxiaoming", "xiaoming", "zeng"}),
        ("单雪", {"sx", "shanxue", "danxue", "dx"}),
        ("欧阳娜娜", {"oynn", "ouyangnana"}),
        ("尉迟恭", {"ycg", "yuchigong"}),
        ("長孫無忌", {"zswj", "zhangsunwuji"}),
        ("吕布", {"lb", "lvbu"}),
        ("张 伟", {"zw", "zhangwei", "张伟"}),
        ("阿卜杜拉·买买提", {"abdlmmt", "abudulamaimaiti", "mmt", "买买", "提"}),
        ("John Smith", {"john", "smith"}),
        ("李·John", {"li", "john"}),
        ("·", set()),
    ],
)
def test_a_name_is_found_by_its_readings(name: str, typed: set[str]) -> None:
    assert typed <= name_tokens(name)


def test_a_long_name_of_many_readings_stays_small() -> None:
    assert len(name_tokens("乐单曾行重长朝解" * 3)) < 120


def test_names_of_the_entry_are_among_the_tokens_of_its_title() -> None:
    assert {"张三", "zs", "zhangsan"} <= title_tokens("党课", ["张三"])
