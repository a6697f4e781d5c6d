"""Words, dates and durations in the user's language and settings."""

from functools import cache
import importlib.util
import json
import re
from types import ModuleType
from typing import Any

import pytest

from .conftest import FRONTEND, Stage

NOON = "Date.parse('2026-11-23T12:00:00Z')"


def formatted(
    stage: Stage,
    expression: str,
    *,
    language: str = "en",
    clock: str = "24",
    zone: str = "server",
) -> Any:
    """Evaluate an expression of `format`, a Formatter on a server in Tokyo."""
    return stage.js(
        f"""const {{ Formatter }} = await import("/frontend/format.js");
        const format = new Formatter({{
            locale: {{ language: given.language, time_format: given.clock, time_zone: given.zone }},
            config: {{ time_zone: "Asia/Tokyo" }},
        }});
        return ({expression});""",
        {"language": language, "clock": clock, "zone": zone},
    )


@pytest.mark.parametrize(
    ("language", "clock", "zone", "expected"),
    [
        ("en", "24", "server", "21:00"),
        ("en", "12", "server", "9:00 PM"),
        ("en", "language", "server", "9:00 PM"),
        ("de", "language", "server", "21:00"),
        ("de", "12", "server", "9:00 PM"),
        # The browser of these tests is in New York.
        ("en", "24", "local", "07:00"),
    ],
)
def test_time_follows_the_settings(
    stage: Stage, language: str, clock: str, zone: str, expected: str
) -> None:
    """Hours are 12 or 24, and in the zone the user chose."""
    time = formatted(
        stage, f"format.time({NOON})", language=language, clock=clock, zone=zone
    )
    assert re.sub(r"\s", " ", time) == expected


def test_system_time_is_the_browsers_own(stage: Stage) -> None:
    """The setting "system" ignores the language, whose digits would be others."""
    ours, browsers = formatted(
        stage,
        f"""[format.time({NOON}), new Intl.DateTimeFormat(undefined, {{
            hour: "numeric", minute: "2-digit", timeZone: "Asia/Tokyo"
        }}).format({NOON})]""",
        language="fa",
        clock="system",
    )
    assert ours == browsers


def test_exact_time_has_the_seconds_and_the_year(stage: Stage) -> None:
    """Details give the whole moment."""
    assert (
        formatted(stage, f"format.exact({NOON} + 7000)")
        == "November 23, 2026 at 21:00:07"
    )


@pytest.mark.parametrize(
    ("moment", "now", "expected"),
    [
        # Midnight in Tokyo is 15:00 UTC.
        ("2026-11-23T15:00:00Z", "2026-11-24T14:59:59Z", "today"),
        ("2026-11-23T14:59:59Z", "2026-11-23T15:00:00Z", "yesterday"),
        ("2026-11-22T14:59:59Z", "2026-11-23T15:00:00Z", None),
        ("2026-12-31T14:00:00Z", "2027-01-01T12:00:00Z", "yesterday"),
    ],
)
def test_near_days_have_names(
    stage: Stage, moment: str, now: str, expected: str | None
) -> None:
    """Today and yesterday are calendar days, not spans of 24 hours."""
    assert (
        formatted(stage, f"format.dayName(Date.parse('{moment}'), Date.parse('{now}'))")
        == expected
    )


def test_yesterday_survives_the_change_to_winter_time(stage: Stage) -> None:
    """The day of 25 hours before is yesterday all day long."""
    names = formatted(
        stage,
        """Array.from({ length: 48 }, (_, half) =>
            format.dayName(
                Date.parse("2026-11-01T12:00:00-05:00"),
                Date.parse("2026-11-02T00:15:00-05:00") + half * 1_800_000))""",
        zone="local",
    )
    assert names == ["yesterday"] * 48


def test_other_days_are_dates_with_the_year_when_it_is_another(stage: Stage) -> None:
    """A heading never leaves open which year it means."""
    now = "Date.parse('2026-11-23T12:00:00Z')"
    assert (
        formatted(stage, f"format.day(Date.parse('2026-03-01T12:00:00Z'), {now})")
        == "Sunday, March 1"
    )
    assert (
        formatted(stage, f"format.day(Date.parse('2025-03-01T12:00:00Z'), {now})")
        == "Saturday, March 1, 2025"
    )
    assert (
        formatted(
            stage,
            f"format.day(Date.parse('2026-03-01T12:00:00Z'), {now})",
            language="fr",
        )
        == "dimanche 1 mars"
    )


@pytest.mark.parametrize(
    ("ms", "expected"),
    [
        (-5000, "1 sec"),
        (0, "1 sec"),
        (1499, "1 sec"),
        (59_400, "59 sec"),
        (59_600, "1 min"),
        (61_000, "1 min 1 sec"),
        (3_600_000, "1 hr"),
        (3_665_000, "1 hr 1 min"),
        (90_000_000, "1 day 1 hr"),
        (172_800_000, "2 days"),
    ],
)
def test_durations_have_two_units(stage: Stage, ms: int, expected: str) -> None:
    """The two largest units, never less than a second, even if clocks disagree."""
    assert formatted(stage, f"format.duration({ms})") == expected


def test_numbers_follow_the_language(stage: Stage) -> None:
    """Units and shares are written as the language writes them."""
    result = formatted(
        stage, "[format.duration(125000), format.percent(0.938)]", language="de"
    )
    assert [re.sub(r"\s", " ", text) for text in result] == ["2 Min. 5 Sek.", "94 %"]


def localized(stage: Stage, expression: str, language: str = "en") -> Any:
    """Evaluate an expression of `localize` and `nameOf` with the texts loaded."""
    return stage.js(
        f"""const {{ loadTexts, localizer, nameOf }} = await import("/frontend/localize.js");
        await loadTexts(given);
        const localize = localizer(given);
        return ({expression});""",
        language,
    )


@pytest.mark.parametrize("language", ["en", "en-GB", "tlh"])
def test_every_language_falls_back_to_english(stage: Stage, language: str) -> None:
    """A language without a file reads English, not keys."""
    assert localized(stage, "localize('type.person')", language) == "Person"


def test_values_fill_the_text(stage: Stage) -> None:
    """Placeholders take their values, an unknown key stays visible."""
    assert (
        localized(
            stage, "localize('announce.one', {type: 'A', name: '{type}', time: 3})"
        )
        == "A, {type}, 3"
    )
    assert localized(stage, "localize('no.such.text')") == "no.such.text"


def test_unknown_names_are_made_readable(stage: Stage) -> None:
    """A type of a newer server still reads as words."""
    assert localized(stage, "nameOf(localize, 'type', 'glass_break')") == "Glass break"


def test_a_failed_fetch_is_tried_again(stage: Stage) -> None:
    """Texts that could not be fetched are fetched by the next who asks."""
    outcomes = stage.js(
        """const real = window.fetch;
        window.fetch = async () => new Response("", { status: 503 });
        const { loadTexts, localizer } = await import("/frontend/localize.js");
        const failed = await loadTexts("en").catch(({ message }) => message);
        window.fetch = real;
        await loadTexts("en");
        return [failed, localizer("en")("type.person")];"""
    )
    assert outcomes == ["No texts for en: 503", "Person"]


@cache
def english() -> dict[str, str]:
    """Read the English texts."""
    texts: dict[str, str] = json.loads(
        (FRONTEND / "translations" / "en.json").read_text("utf-8")
    )
    return texts


@cache
def source() -> str:
    """Read all of the frontend's own modules."""
    return "\n".join(path.read_text("utf-8") for path in sorted(FRONTEND.glob("*.js")))


@cache
def models() -> ModuleType:
    """Load the vocabulary without Home Assistant."""
    spec = importlib.util.spec_from_file_location(
        "vigilar_models", FRONTEND.parent / "models.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_text_that_is_asked_for_exists() -> None:
    """No key reaches the eye."""
    groups = "|".join({key.split(".")[0] for key in english()})
    asked = set(re.findall(rf'localize\(\s*"((?:{groups})\.[\w.]+)"', source()))
    assert len(asked) >= 100
    assert asked - english().keys() == set()


def test_every_text_is_asked_for() -> None:
    """No text is left behind; what is put together at run time is asked for as a pattern."""
    put_together = {
        re.sub(r"\\\$\\\{.*?\\\}", r"[\\w.]+", re.escape(template))
        for template in re.findall(r"`([a-z_]+\.[^`\s]*\$\{[^`\s]*)`", source())
    }
    groups = set(re.findall(r'(?:nameOf\([^()]*?|choices\()"([\w.]+)"', source()))
    asked = re.compile(
        "|".join([*put_together, *(rf"{re.escape(group)}\.\w+" for group in groups)])
    )
    quoted = set(re.findall(r'"([\w.]+)"', source()))
    left = {
        key
        for key in english()
        if not asked.fullmatch(key)
        # A caller adds these endings to the key that it was given.
        and not {key, re.sub("_(help|one|many)$", "", key)} & quoted
    }
    assert left == set()


@pytest.mark.parametrize(
    "language", sorted(path.stem for path in (FRONTEND / "translations").glob("*.json"))
)
def test_languages_are_listed_and_whole(stage: Stage, language: str) -> None:
    """Each file is known to the code, and has English's keys and placeholders."""
    texts: dict[str, str] = json.loads(
        (FRONTEND / "translations" / f"{language}.json").read_text("utf-8")
    )
    assert language in stage.js(
        "return (await import('/frontend/localize.js')).LANGUAGES"
    )
    assert texts.keys() == english().keys()
    for key, text in english().items():
        translated = texts[key]
        assert placeholders(translated) == placeholders(text), key
        assert translated == translated.strip(), key
        # A text that is much longer breaks the layout, or says something else.
        assert len(translated) <= 2.2 * len(text) + 14, key


def placeholders(text: str) -> list[str]:
    """Return the values that fill a text, each as often as it stands there."""
    return sorted(re.findall(r"\{\w+\}", text))


@pytest.mark.parametrize(
    ("asked", "found"),
    [("de-CH", "de"), ("pt-BR", "pt"), ("es-419", "es"), ("nl", "nl"), ("eo", "en")],
)
def test_a_region_reads_its_language(stage: Stage, asked: str, found: str) -> None:
    """A language of a region without texts of its own reads those without region."""
    texts = json.loads((FRONTEND / "translations" / f"{found}.json").read_text("utf-8"))
    assert localized(stage, "localize('type.person')", asked) == texts["type.person"]


def test_every_type_and_severity_has_its_words_and_picture(stage: Stage) -> None:
    """What the backend may say, the frontend can show and filter."""
    types = [each.value for each in models().EventType]
    severities = [each.value for each in models().Severity]
    known = stage.js(
        """const { TYPES, SEVERITIES } = await import("/frontend/config.js");
        return [TYPES, SEVERITIES];"""
    )
    assert known == [types, severities]
    assert {f"type.{each}" for each in types} <= english().keys()
    assert {f"severity.{each}" for each in severities} <= english().keys()
    pictures = stage.js(
        """const { icon } = await import("/frontend/icons.js");
        const { render } = await import("/frontend/vendor/lit.js");
        return given.map((name) => icon(name).values[0].values[0]);""",
        [*types, "other"],
    )
    assert len(set(pictures)) == len(types) + 1
