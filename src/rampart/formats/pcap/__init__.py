"""Containers of recordings: captures (pcap, pcapng) and files of back-to-back ASTERIX blocks.

`read_recording` opens a file, `open_recording` octets already in memory; both give a `Recording` that
yields (time ns UTC or None, datagram) and counts what it had to leave out.
"""

from rampart.formats.pcap.recording import Recording, open_recording, read_recording

__all__ = ["Recording", "open_recording", "read_recording"]
