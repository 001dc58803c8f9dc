"""How far a pass is, in a line of text."""

from synthmark.video import progress
from synthmark.video.progress import Lines, Progress, progress_line


def at(frames, total=533, remaining=16.4):
    return Progress(step="marking", frames=frames, total=total, speed=24.6, remaining=remaining)


def test_a_line_says_frames_speed_and_time_left():
    assert progress_line(at(120)) == "marking: 120 of 533 frames, 25 frames/s, 16 s left"
    assert progress_line(at(120, total=0, remaining=None)) == "marking: 120 frames, 25 frames/s"


def test_lines_come_now_and_then_and_name_the_file(monkeypatch):
    now, said = [0.0], []
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    lines = Lines(said.append, "a.mp4")
    for second in range(61):
        now[0] = float(second)
        lines.show(at(second))
    assert said == [f"a.mp4: marking: {second} of 533 frames, 25 frames/s, 16 s left" for second in (15, 30, 45, 60)]
