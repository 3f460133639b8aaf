"""All settings of the engine in one frozen value; its hash goes into every journal's header."""

from __future__ import annotations

import hashlib

import msgspec

from rampart.domain.site import Settings
from rampart.engine.classify import ClassifySettings
from rampart.engine.known import KnownSettings
from rampart.engine.predict_settings import PredictSettings
from rampart.engine.registration import RegistrationSettings
from rampart.engine.tracking import TrackSettings


class EngineSettings(Settings, frozen=True):
    """The settings of each step."""

    track: TrackSettings = TrackSettings()
    predict: PredictSettings = PredictSettings()
    classify: ClassifySettings = ClassifySettings()
    known: KnownSettings = KnownSettings()
    registration: RegistrationSettings = RegistrationSettings()
    settled_refresh_s: float = (
        1.0  # a track whose zone decisions cannot change is renewed this often
    )
    refresh_s: float = 0.25  # any other one: it moves no faster than that can be acted on
    young_plots: int = 5  # but a younger one is renewed with every plot
    prediction_row_s: float = 1.0  # a `Prediction` of one track leaves at most this often

    def fingerprint(self) -> str:
        """16 hex digits that change when any setting changes."""
        return hashlib.blake2b(msgspec.json.encode(self), digest_size=8).hexdigest()
