"""What a person decides: one action, one zone. Warning rules, section 2."""

from __future__ import annotations

from rampart.domain.messages import OperatorAction
from rampart.domain.time import ns_from_seconds
from rampart.engine.ledger import Ledger


def obey(ledger: Ledger, z: int, action: OperatorAction) -> None:
    """Carry out `action` in one zone. `action.track` narrows confirm, withhold and cancel to one
    threat. What does not apply there changes nothing.
    """
    book = ledger.books[z]
    members = [m for m in book.open_members() if action.track in (None, m.track)]
    pending = [m for m in members if m.phase == "pending"]
    match action.action:
        case "warn":
            _warn(ledger, z, action)
        case "confirm":
            for m in pending:
                m.turn("warn", m.reason, ledger.now)
                book.dirty = True
        case "withhold":
            for m in pending:
                ledger.bind(z, m, "withheld")
        case "withdraw":
            if book.manual_until_ns is not None:
                book.manual_until_ns, book.why, book.dirty = None, "withdrawn", True
                ledger.after_release(z, "withdrawn")
        case "cancel":
            _cancel(ledger, z, action)
        case "end_hold":
            # 'any operator may end it with a reason, also blind'
            if book.hold_left_ns is not None and action.reason:
                book.hold_left_ns, book.why, book.dirty = None, "withdrawn", True
        case "all_clear":
            if ledger.may_clear(z):
                ledger.give_all_clear(z)
            else:
                book.ask = book.hold_left_ns is not None  # refused: the hold says that it stands
    for m in book.members.values():
        book.due_ns = min(book.due_ns, ledger.next_due(z, m))


def _warn(ledger: Ledger, z: int, action: OperatorAction) -> None:
    """'A person can always warn any or all zones of the base.'"""
    book = ledger.books[z]
    ledger.join_alarm(z, action.t_arrival_ns, None)
    for m in book.open_members():
        if m.phase == "pending":
            m.turn("warn", "manual", ledger.now)
    book.ask = book.manual_until_ns is not None
    book.manual_until_ns = ledger.now + ns_from_seconds(ledger.rules.manual_s)
    book.manual_since_ns, book.manual_asked, book.dirty = ledger.now, False, True


def _cancel(ledger: Ledger, z: int, action: OperatorAction) -> None:
    """'(b) a person, one action, from warn, impact or hold.'"""
    book = ledger.books[z]
    members = [m for m in book.open_members() if action.track in (None, m.track)]
    if members or book.manual_until_ns is not None:
        for m in members:
            ledger.bind(z, m, "withdrawn")
        if action.track is None:
            book.manual_until_ns = None
        book.why, book.dirty = "withdrawn", True
        ledger.after_release(z, "withdrawn")
    elif book.hold_left_ns is not None and action.track is None:
        book.hold_left_ns, book.why, book.dirty = None, "withdrawn", True
