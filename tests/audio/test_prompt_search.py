"""The bundled spoken prompts are found in sound, also after coding, and nothing else is."""

import numpy as np
import pytest
from sounds import synthetic_voice

from synthmark import audio
from synthmark.audio.prompt_search import LEAST_LIKENESS, PromptFinder, likeness_of

RATE = 22050
VOICE = synthetic_voice(6.0, RATE, seed=9)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("place", ["start", "end"])
def test_a_prompt_is_found_with_its_place(language, place):
    labelled = audio.label(VOICE, RATE, kind="speech", language=language, place=place)
    (found,) = audio.find_prompts(labelled, RATE)
    assert (found.language, found.position) == (language, place)
    added = (len(labelled) - len(VOICE)) / RATE - 0.3
    assert found.start == pytest.approx(0 if place == "start" else 6.3, abs=0.05)
    assert found.end - found.start == pytest.approx(added, abs=0.1)
    assert found.likeness > 0.9


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
def test_any_sample_rate_and_level(rate):
    content = 0.1 * synthetic_voice(3.0, rate)
    labelled = audio.label(content, rate, kind="speech")
    assert [prompt.language for prompt in audio.find_prompts((labelled * 0.2).astype(np.float32), rate)] == ["zh"]


def test_a_prompt_over_the_content_is_found_under_noise():
    labelled = audio.label(VOICE, RATE, kind="speech", times=[0.7])
    noisy = labelled + np.random.default_rng(1).normal(0, 0.01 * labelled.std(), len(labelled))
    (found,) = audio.find_prompts(noisy, RATE)
    assert found.start == pytest.approx(0.7, abs=0.05)


@pytest.mark.parametrize(
    "samples",
    [
        VOICE,
        np.zeros(6 * RATE),
        np.random.default_rng(2).normal(0, 0.1, 8 * RATE),
        np.sin(np.arange(8 * RATE) / 9),
        np.zeros(0),
    ],
    ids=["voice", "silence", "noise", "tone", "nothing"],
)
def test_other_sound_is_no_prompt(samples):
    assert audio.find_prompts(samples, RATE) == ()


def test_the_rhythm_cue_and_the_other_prompt_are_not_taken_for_a_prompt():
    work = audio.label(synthetic_voice(3.0), 16000, kind="speech", language="en").astype(np.float32)
    assert likeness_of(work, "zh").max() < LEAST_LIKENESS - 0.1
    assert audio.find_prompts(audio.label(VOICE, RATE), RATE) == ()


def test_pieces_give_the_answer_of_the_whole():
    far = np.concatenate([np.zeros(58 * RATE), audio.label(VOICE, RATE, kind="speech")])
    finder = PromptFinder(RATE)
    for first in range(0, len(far), 5000):
        finder.push(far[first : first + 5000])
    (found,) = finder.finish()
    assert found.start == pytest.approx(58, abs=0.05)
    assert (found,) == audio.find_prompts(far, RATE)
