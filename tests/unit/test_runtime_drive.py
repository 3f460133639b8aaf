"""Driving: journal before engine, Ctrl-C leaves whole output, pace changes nothing, folders replaced whole."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rampart.domain.errors import FeedError, RampartError, UsageError
from rampart.domain.messages import PLOT_DTYPE, Input, Output, PlotBatch, Rejected, Tick
from rampart.domain.site import Site
from rampart.formats.journal import Header, InputRecord, JournalWriter, OutputRecord, read_journal
from rampart.runtime.aio import async_drive
from rampart.runtime.drive import drive, quantile
from rampart.runtime.outdir import MARKER, replaced_whole
from rampart.runtime.recompute import Recomputation

SITE = Site(name="a", uuid="b", latitude_deg=0.0, longitude_deg=0.0, height_m=0.0)
HEADER = Header(engine="0", settings_hash="0", site=SITE, epoch_ns=0, simulated=True, source="t")


class Echo:
    """Answers each batch with its number of plots; knows nothing else of an engine."""

    def __init__(self, word: str = "echo") -> None:
        self.seq = 0
        self.word = word

    def receive(self, message: Input) -> tuple[Output, ...]:
        self.seq += 1
        if isinstance(message, Tick):
            return ()
        count = len(message) if isinstance(message, PlotBatch) else 1
        t_ns = message.t_arrival_ns
        return (Rejected(feed=self.word, reason=f"r{self.seq}", count=count, t_arrival_ns=t_ns),)


def batch(t_ns: int, plots: int) -> PlotBatch:
    return PlotBatch(sensor="R1", t_arrival_ns=t_ns, data=bytes(plots * PLOT_DTYPE.itemsize))


MESSAGES: list[Input] = [
    batch(0, 2), Tick(t_arrival_ns=5), batch(10**9, 3), Tick(t_arrival_ns=2 * 10**9),
]  # fmt: skip


def test_the_journal_holds_each_input_before_its_outputs(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = tmp_path / "a.rpj"
    with JournalWriter(path, HEADER) as journal:
        report = drive(Echo(), MESSAGES, journal, lambda seq, _m, out: seen.append((seq, len(out))))
    records = list(read_journal(path))
    assert [type(r) for r in records] == [
        InputRecord, OutputRecord, InputRecord, InputRecord, OutputRecord, InputRecord
    ]  # fmt: skip
    assert [r.message for r in records if isinstance(r, InputRecord)] == MESSAGES
    assert seen == [(1, 1), (2, 0), (3, 1), (4, 0)]
    assert (report.messages, report.plots, report.outputs) == (4, 5, 2)
    assert report.timings()["message_ms_max"] >= report.timings()["message_ms_p50"]


def test_pace_and_until_change_what_is_fed_and_nothing_else() -> None:
    heard: list[Input] = []
    report = drive(
        Echo(), MESSAGES, None, lambda _s, m, _o: heard.append(m), until_ns=10**9, speed=50.0
    )
    assert heard == MESSAGES[:3]
    assert not report.interrupted


@pytest.mark.parametrize("udp", [None, HEADER])
def test_asyncio_feeds_hand_in_the_same_messages(tmp_path: Path, udp: Header | None) -> None:
    big = [*MESSAGES, batch(3 * 10**9, 3000)]  # more octets than one datagram carries
    with JournalWriter(tmp_path / "a", HEADER) as journal:
        drive(Echo(), big, journal)
    with JournalWriter(tmp_path / "b", HEADER) as journal:
        asyncio.run(async_drive(Echo(), iter(big), journal, udp=udp))
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()


def test_what_a_source_raises_reaches_the_caller_through_asyncio() -> None:
    def broken():
        yield MESSAGES[0]
        raise FeedError("x", "gone")

    with pytest.raises(FeedError, match="gone"):
        asyncio.run(async_drive(Echo(), broken()))


def test_what_an_engine_raises_reaches_the_caller_through_asyncio() -> None:
    class Broken(Echo):
        def receive(self, message: Input) -> tuple[Output, ...]:
            raise RuntimeError("our bug")

    with pytest.raises(RuntimeError, match="our bug"):
        asyncio.run(async_drive(Broken(), [batch(i, 1) for i in range(2000)]))


SLOW = """
import itertools, sys
from rampart.domain.messages import Tick
from rampart.formats.journal import JournalWriter
from rampart.runtime.drive import drive
from rampart.runtime.outdir import replaced_whole
sys.path.insert(0, sys.argv[2])
from test_runtime_drive import HEADER, Echo, batch
with replaced_whole(sys.argv[1]) as folder:
    with JournalWriter(folder / "j.rpj", HEADER) as journal:
        say = lambda seq, message, outputs: seq == 50 and print("running", flush=True)
        report = drive(Echo(), (batch(i, 20) for i in itertools.count()), journal, say)
    (folder / "done").write_text(str(report.messages))
sys.exit(130 if report.interrupted else 1)
"""


def test_ctrl_c_leaves_whole_output(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", SLOW, str(out), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"running\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    reader = read_journal(out / "j.rpj")
    records = list(reader)
    assert reader.torn is None
    assert len(records) == 2 * int((out / "done").read_text())
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def again(path: Path, engine: Echo) -> Recomputation:
    found = Recomputation(read_journal(path), engine)
    drive(found, found.messages())
    return found


def test_recompute_is_silent_about_the_same_engine_and_lists_what_another_says(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.rpj"
    with JournalWriter(path, HEADER) as journal:
        drive(Echo(), MESSAGES, journal)
    same = again(path, Echo())
    assert (same.asked, same.answers, same.differences) == (4, 2, [])

    other = again(path, Echo("other")).differences
    assert [(d.seq, d.index) for d in other] == [(1, 0), (3, 0)]
    assert (other[0].was.feed, other[0].now.feed) == ("echo", "other")

    class Silent(Echo):
        def receive(self, message: Input) -> tuple[Output, ...]:
            self.seq += 1
            return ()

    assert [d.now for d in again(path, Silent()).differences] == [None, None]


def test_what_a_later_version_wrote_between_changes_nothing_of_what_is_compared(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.rpj"
    with JournalWriter(path, HEADER) as journal:
        drive(Echo(), MESSAGES[:1], journal)
        # the answers to an input that this version does not know, and has passed over
        journal.outputs(7, Echo().receive(MESSAGES[0]))
        journal.input(8, MESSAGES[1])
    (only,) = again(path, Echo()).differences
    assert (only.seq, only.now) == (7, None)


def test_an_engine_that_speaks_where_the_recorded_one_was_silent_differs(tmp_path: Path) -> None:
    class Silent(Echo):
        def receive(self, message: Input) -> tuple[Output, ...]:
            self.seq += 1
            return ()

    path = tmp_path / "a.rpj"
    with JournalWriter(path, HEADER) as journal:
        drive(Silent(), MESSAGES, journal)
    differences = again(path, Echo()).differences
    assert [(d.seq, d.was) for d in differences] == [(1, None), (3, None)]


def test_a_last_message_whose_answers_never_reached_the_disk_is_named_not_judged(tmp_path) -> None:
    path = tmp_path / "a.rpj"
    with JournalWriter(path, HEADER) as journal:
        journal.input(1, MESSAGES[0])
    result = again(path, Echo())
    assert result.differences == []
    assert result.unanswered == 1


def test_quantiles_are_samples() -> None:
    assert [quantile([3.0, 1.0, 2.0], q) for q in (0.0, 0.5, 0.99, 1.0)] == [1.0, 2.0, 3.0, 3.0]
    with pytest.raises(ValueError, match="no samples"):
        quantile([], 0.5)


def fill(path: Path, text: str) -> None:
    with replaced_whole(path) as folder:
        (folder / "a.txt").write_text(text)


def test_a_folder_of_ours_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    fill(out, "one")
    (out / "stale.txt").write_text("old")
    fill(out, "two")
    assert sorted(p.name for p in out.iterdir()) == [MARKER, "a.txt"]
    assert (out / "a.txt").read_text() == "two"
    assert list(out.parent.iterdir()) == [out]


def test_a_failing_run_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    fill(out, "one")

    def fail() -> None:
        with replaced_whole(out) as folder:
            (folder / "half.txt").write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert sorted(p.name for p in out.iterdir()) == [MARKER, "a.txt"]
    assert list(tmp_path.iterdir()) == [out]


def test_a_folder_that_vanishes_while_it_is_written_is_no_fault_of_the_user(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def robbed() -> None:
        with replaced_whole(out) as folder:
            shutil.rmtree(folder)
            (folder / "late.txt").write_text("text")

    with pytest.raises(RampartError, match="vanished"):
        robbed()
    assert list(tmp_path.iterdir()) == []

    def robbed_at_the_end() -> None:
        with replaced_whole(out) as folder:
            shutil.rmtree(folder)

    with pytest.raises(RampartError, match="vanished"):
        robbed_at_the_end()


def test_what_is_not_ours_is_refused_untouched_and_before_any_work(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "letter.txt").write_text("dear")
    (tmp_path / "file").write_text("x")
    os.symlink(home, tmp_path / "link")
    for name in ("home", "file", "link"):
        with pytest.raises(UsageError, match=f"{name}: found"), replaced_whole(tmp_path / name):
            pytest.fail("the work began")
    assert (home / "letter.txt").read_text() == "dear"


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    fill(tmp_path / "out", "one")
    assert (tmp_path / "out" / "a.txt").read_text() == "one"
