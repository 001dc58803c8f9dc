"""The checklist follows from what was found: what is broken shows, point by point."""

import dataclasses

import filing_facts
import pytest

from synthmark.config import Config
from synthmark.filing.checklist import STATUSES, checklist, counted
from synthmark.filing.company import Company
from synthmark.filing.facts import Trials
from synthmark.filing.templates import words

CONTENT = words("checklist", "zh")


def status(facts, clause: str, law: str = "standard", number: int = 0) -> str:
    found = [point for point in checklist(facts, CONTENT) if (point.key, point.clause) == (law, clause)]
    return found[number].status


def changed(modality: str, **changes):
    shown = dataclasses.replace(filing_facts.VISIBLE[modality], **changes)
    return filing_facts.facts(samples=(filing_facts.sample(modality, visible=shown),))


def test_a_good_run_has_nothing_unmet():
    points = checklist(filing_facts.facts(), CONTENT)
    assert [point for point in points if point.status == "not_met"] == []
    assert set(counted(points)) <= set(STATUSES)
    assert len(points) == len(CONTENT["points"])
    assert all(point.proof and "{" not in point.proof for point in points)


@pytest.mark.parametrize(
    ("facts", "clause"),
    [
        (changed("image", text=None), "5.2 a)、b)"),
        (changed("image", violations=("elements",)), "5.2 a)、b)"),
        (changed("image", violations=("place",)), "5.2 c)"),
        (changed("image", contrast=4.4), "5.2 d)"),
        (changed("image", height=23), "5.2 e)"),
        (changed("audio", text=None), "5.3 a)、d)"),
        (changed("audio", violations=("5.3",)), "5.3 c)、f)"),
    ],
)
def test_what_falls_short_is_not_met_and_names_the_sample(facts, clause):
    point = next(point for point in checklist(facts, CONTENT) if point.clause == clause)
    assert point.status == "not_met"
    assert "samples/labelled/" in point.proof
    assert status(facts, "第十一条", "measures") == "not_met"  # the national standard is not kept, then


def test_a_video_label_must_start_with_the_first_frame_and_last_two_seconds():
    late, short = changed("video", start=0.25), changed("video", end=1.9)
    assert [status(late, "5.4", number=number) for number in (0, 1, 3)] == ["met", "not_met", "met"]
    assert [status(short, "5.4", number=number) for number in (1, 3)] == ["met", "not_met"]


def test_metadata_points_come_from_the_tool():
    points = tuple(point for point in filing_facts.POINTS if point != "E j")
    label = filing_facts.mark("samples/labelled/1.png", report=filing_facts.report(points=points))
    facts = filing_facts.facts(samples=(filing_facts.sample("image", mark=label),))
    assert status(facts, "附录 E j)") == "not_met"
    assert status(facts, "附录 E a)") == "met"


def test_layers_that_are_switched_off():
    facts = filing_facts.facts(config=Config(producer="A", visible=False, metadata=False, watermark=False))
    for clause in ("5.2 e)", "6.1", "附录 E b)", "6.2"):
        assert status(facts, clause) == "not_met"


def test_without_producer_the_provider_is_not_named():
    facts = filing_facts.facts(config=Config())
    assert status(facts, "附录 E d)、e)") == status(facts, "第五条", "measures") == "not_met"
    assert status(facts, "27 位编码", "codes") == "not_met"
    named = filing_facts.facts(config=Config(producer="Example-Studio"))
    assert status(named, "27 位编码", "codes") == "not_applicable"


def test_what_the_company_alone_can_say():
    facts = filing_facts.facts(company=Company())
    assert status(facts, "第八条", "measures") == "not_met"
    assert status(facts, "第十二条", "synthesis") == "not_met"
    assert status(filing_facts.facts(), "第十二条", "synthesis") == "stated"
    partly = dataclasses.replace(filing_facts.COMPANY, complaints_days=None)
    assert status(filing_facts.facts(company=partly), "第十二条", "synthesis") == "not_met"


def test_logs_need_a_registry_and_trials_must_succeed():
    facts = filing_facts.facts(config=Config(producer="A"), trials=Trials())
    assert [status(facts, "第九条", "measures", number) for number in (0, 1)] == ["not_met", "not_met"]
    assert status(facts, "第十条", "measures") == "not_met"


def test_media_that_the_algorithm_does_not_make_do_not_apply():
    company = dataclasses.replace(filing_facts.COMPANY, modalities=("image",))
    facts = filing_facts.facts(company=company, samples=(filing_facts.sample("image"),))
    assert status(facts, "5.3 a)、d)") == "not_applicable"


def test_a_medium_without_a_labelled_sample_is_not_met():
    facts = filing_facts.facts(samples=(filing_facts.sample("image"),))
    assert status(facts, "5.3 a)、d)") == "not_met"


def test_the_spoken_label():
    spoken = Config(producer="A", audible="spoken")
    facts = filing_facts.facts(config=spoken)
    assert [status(facts, clause) for clause in ("5.3 b)、e)", "5.3 c)、f)")] == ["met", "not_applicable"]
    own = filing_facts.facts(config=dataclasses.replace(spoken, audible_text="人工智能生成"))
    assert status(own, "5.3 b)、e)") == "not_met"
