"""What is written differently and is the same."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from search.analysis.folding import fold, folded_with_places


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("黨員權利", "党员权利"),
        ("ＡＢＣ１２３", "abc123"),
        ("Résumé", "resume"),
        ("re\u0301sume\u0301", "resume"),
        ("dǎng zhāng", "dang zhang"),
        ("Ⅳ级", "iv级"),
        ("12㎡", "12m2"),
        ("①坚持", "1坚持"),
        ("二○二一", "二〇二一"),
        ("STRASSE Straße", "strasse strasse"),
        ("\uf900", "岂"),
        ("⼈民", "人民"),
        ("党\u200b章\ufeff", "党章"),
        ("党\u00ad章", "党章"),
        ("葛\U000e0100", "葛"),
        ("党章\r\n第一章\x00\u2028完", "党章  第一章  完"),
        ("\ud83d党\udc00", "党"),
        ("党\ue000章\U000f0000", "党章"),
        ("𠮷野家", "𠮷野家"),
        ("がﾊﾟ", "がハ"),
        ("བོད་ཡིག", "བོད ཡིག"),
    ],
)
def test_writings_of_the_same_are_folded_to_one(written: str, same: str) -> None:
    assert fold(written) == same


def test_every_folded_character_knows_where_it_came_from() -> None:
    text = "占地12㎡的\u200b“紅色”基地"
    folded, places = folded_with_places(text)
    composed = normalize("NFC", text)
    assert folded == "占地12m2的“红色”基地"
    assert len(places) == len(folded) + 1
    first = folded.index("红色")
    assert composed[places[first] : places[first + 2]] == "紅色"
    assert composed[places[folded.index("m2")] : places[folded.index("m2") + 2]] == "㎡"


def test_a_dropped_and_a_widened_character_do_not_pass_for_even() -> None:
    folded, places = folded_with_places("\u200b㎡党")
    assert folded == "m2党"
    assert list(places) == [1, 1, 2, 3]


def test_places_of_an_even_text_are_its_own() -> None:
    assert folded_with_places("学习《黨章》") == ("学习《党章》", range(7))
