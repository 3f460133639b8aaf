"""The asyncio shell: the same engine, fed by a queue or by datagrams of journal frames."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Final

from rampart.domain.errors import FeedError
from rampart.domain.messages import Input
from rampart.formats.journal import Decoder, Header, InputRecord, JournalWriter, encode_frame
from rampart.runtime.drive import Driver, DriveReport, OnOutput, Receiver

DATAGRAM_BYTES: Final = 60_000
"""A longer frame travels in several datagrams: UDP carries at most 65,507 bytes."""
_PATIENCE_S: Final = 5.0
_QUEUE: Final = 256


async def async_drive(
    engine: Receiver,
    messages: Iterable[Input],
    journal: JournalWriter | None = None,
    on_output: OnOutput | None = None,
    *,
    udp: Header | None = None,
) -> DriveReport:
    """As `drive`, with the messages crossing an asyncio queue or, with `udp`, a loopback UDP socket.

    `udp`: the header that opens the stream of frames. Raises FeedError where a datagram is lost,
    which loopback does only when the machine is out of buffers.
    """
    driver = Driver(engine, journal, on_output)
    queue: asyncio.Queue[Input | None] = asyncio.Queue(_QUEUE)
    send = _put_all(messages, queue) if udp is None else _send_all(messages, udp, queue)
    sender = asyncio.create_task(_until_done(send, queue))
    try:
        while (message := await queue.get()) is not None:
            driver.hand_in(message)
        await sender
    finally:
        sender.cancel()
    return driver.report


async def _until_done(
    send: Coroutine[None, None, None], queue: asyncio.Queue[Input | None]
) -> None:
    try:
        await send
    finally:
        await queue.put(None)


async def _put_all(messages: Iterable[Input], queue: asyncio.Queue[Input | None]) -> None:
    for message in messages:
        await queue.put(message)


class _Listener(asyncio.DatagramProtocol):
    """Decodes what arrives and says, datagram by datagram, that it has."""

    def __init__(self) -> None:
        self.decoder = Decoder()
        self.arrived: asyncio.Queue[list[Input]] = asyncio.Queue()

    def datagram_received(self, data: bytes, _address: object) -> None:
        records = self.decoder.feed(data)
        self.arrived.put_nowait([r.message for r in records if isinstance(r, InputRecord)])


async def _send_all(
    messages: Iterable[Input], header: Header, queue: asyncio.Queue[Input | None]
) -> None:
    """Send each frame and hand on what the listener made of it, one datagram in flight at a time."""
    loop = asyncio.get_running_loop()
    inward, listener = await loop.create_datagram_endpoint(_Listener, local_addr=("127.0.0.1", 0))
    outward, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=inward.get_extra_info("sockname")
    )
    try:
        await _deliver(encode_frame(header), outward, listener, queue)
        for seq, message in enumerate(messages, start=1):
            frame = encode_frame(InputRecord(seq, message))
            await _deliver(frame, outward, listener, queue)
    finally:
        outward.close()
        inward.close()


async def _deliver(
    frame: bytes,
    outward: asyncio.DatagramTransport,
    listener: _Listener,
    queue: asyncio.Queue[Input | None],
) -> None:
    for at in range(0, len(frame), DATAGRAM_BYTES):
        outward.sendto(frame[at : at + DATAGRAM_BYTES])
        try:
            arrived = await asyncio.wait_for(listener.arrived.get(), _PATIENCE_S)
        except TimeoutError:
            raise FeedError("loopback", "datagram_lost") from None
        for message in arrived:
            await queue.put(message)
    if listener.decoder.torn is not None:
        raise FeedError("loopback", "damaged", str(listener.decoder.torn))
