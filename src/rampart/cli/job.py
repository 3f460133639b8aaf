"""One run: drives an engine over a job, shows it, and writes the folder of results."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rampart.cli.opening import Job, span_ns
from rampart.cli.playback import Playback
from rampart.cli.say import json_text
from rampart.cli.summary import summarise, timing_words
from rampart.domain.errors import UsageError
from rampart.domain.messages import Input, Output
from rampart.formats.journal import Header, JournalWriter
from rampart.formats.results import ResultFiles
from rampart.metrics.warnings import Verdict, judge
from rampart.report.page import page
from rampart.report.story import Head, Story
from rampart.runtime.drive import Receiver, drive, header_for
from rampart.runtime.outdir import replaced_whole
from rampart.runtime.recompute import Recomputation

if TYPE_CHECKING:
    from rampart.engine.engine import Engine
    from rampart.metrics.truth import Truth


class View(Protocol):
    """What watches a run while it goes on."""

    def show(self, story: Story) -> None:
        """Called after every message."""


@dataclass(kw_only=True, slots=True)
class Done:
    """A finished run. `folder` holds its files; `timings`: of an engine, as `DriveReport.timings`, empty where
    a journal was only shown; `recomputed`: where it was computed anew."""

    story: Story
    folder: Path
    verdict: Verdict | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    recomputed: Recomputation | None = None


@dataclass(kw_only=True, slots=True)
class Plan:
    """How to run: `until_s` counts from the first message, `speed` None is as fast as possible."""

    out: Path | None = None
    until_s: float | None = None
    speed: float | None = None
    recompute: bool = False
    views: list[View] = field(default_factory=list)


def perform(job: Job, plan: Plan) -> Done:
    """Runs `job` and writes its folder, whole or not at all.

    Raises UsageError at once where the folder may not be replaced, or holds what is read.
    """
    if plan.recompute and job.reader is None:
        raise UsageError(f"--recompute: found {job.source}; allowed: for a journal (.rpj)")
    shown = None if plan.recompute else job.header
    if shown is not None and job.site != shown.site:
        raise UsageError(
            f"{job.source}: found --site for a journal, which shows what was issued at its own site; "
            "allowed: without, or with --recompute"
        )
    for_ns = None if plan.until_s is None else span_ns("--until", plan.until_s)
    out = plan.out or default_folder(job)
    # a journal is never replaced by what was read of it: that may end early, or pass over what is torn or new
    if plan.out is None and job.path and out.resolve() in job.path.resolve().parents:
        out = out.with_name(f"{out.name}-again")
    with replaced_whole(out, job.path) as folder:
        engine = _engine(job) if shown is None else None
        header = shown if engine is None else _header(job, engine)
        assert header is not None
        story = Story(head=_head(job, header), truth=job.truth)
        done = Done(story=story, folder=out)
        with ExitStack() as open_files:
            journal = open_files.enter_context(JournalWriter(folder / "journal.rpj", header))
            files = open_files.enter_context(ResultFiles(folder, header.epoch_ns))

            def on_output(_seq: int, message: Input, outputs: tuple[Output, ...]) -> None:
                story.take(message, outputs)
                files.take(outputs)
                for view in plan.views:
                    view.show(story)

            receiver, messages = _receiver(job, engine)
            if isinstance(receiver, Recomputation):
                done.recomputed = receiver
            until_ns, messages = _until(messages, for_ns)
            report = drive(
                receiver, messages, journal, on_output, until_ns=until_ns, speed=plan.speed
            )
        story.interrupted = report.interrupted
        if engine is not None:
            done.timings = report.timings()
        story.head = _head(job, header)  # a recording knows what it held once it has been read
        if job.truth is not None:
            done.verdict = _judged(story, job.truth)
        done.summary = summarise(story, done.verdict, done.timings)
        (folder / "summary.json").write_text(json_text(done.summary) + "\n", encoding="utf-8")
        text = page(story, done.verdict, timing_words(done.timings))
        (folder / "report.html").write_text(text, encoding="utf-8")
    return done


def _judged(story: Story, truth: Truth) -> Verdict:
    """The verdict on what was issued; a run that stopped early is not blamed for what came after."""
    now_ns = story.now_ns
    verdict = judge(story.head.site, truth, story.states, story.updates, end_ns=now_ns)
    return replace(verdict, hits=tuple(hit for hit in verdict.hits if hit.t_ns <= now_ns))


def default_folder(job: Job) -> Path:
    """``rampart-out/<name>-s<seed>``; without the seed where there is none."""
    seed = "" if job.seed is None else f"-s{job.seed}"
    return Path("rampart-out") / f"{job.name}{seed}"


def _engine(job: Job) -> Engine:
    from rampart.engine.engine import Engine

    engine = Engine(job.site, simulated=job.simulated)
    engine.warm_up()
    return engine


def _header(job: Job, engine: Engine) -> Header:
    return header_for(engine, source=job.name, epoch_ns=job.epoch_ns, seed=job.seed)


def _head(job: Job, header: Header) -> Head:
    return Head(
        name=job.name,
        source=job.source,
        site=job.site,
        simulated=job.simulated,
        seed=job.seed,
        epoch_ns=job.epoch_ns,
        engine=header.engine,
        settings_hash=header.settings_hash,
        summary=job.summary,
        facts=job.facts,
        feed=job.feed(),
    )


def _receiver(job: Job, engine: Engine | None) -> tuple[Receiver, Iterable[Input]]:
    """What answers, and what to ask it; without an engine a journal is shown as it is."""
    if job.reader is None:
        assert engine is not None
        return engine, job.messages
    journal = Playback(job.reader) if engine is None else Recomputation(job.reader, engine)
    return journal, journal.messages()


def _until(messages: Iterable[Input], for_ns: int | None) -> tuple[int | None, Iterable[Input]]:
    """The stamp at which to stop, and the messages again."""
    if for_ns is None:
        return None, messages
    iterator: Iterator[Input] = iter(messages)
    first = next(iterator, None)
    if first is None:
        return None, iterator
    return first.t_arrival_ns + for_ns, itertools.chain((first,), iterator)
