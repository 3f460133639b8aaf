"""What stands in the golden journal: one message of each kind, made by hand.

`python tests/golden/golden_journal.py` writes the last file anew. That is done once for each schema, and
once where fields are appended: the files are the witnesses that later versions still read what each wrote.
"""

from __future__ import annotations

from pathlib import Path

from rampart.domain.messages import (
    KnownTrack,
    OperatorAction,
    Origin,
    Plot,
    Prediction,
    Rejected,
    SensorHealth,
    SensorStatus,
    Tick,
    TrackUpdate,
    Weather,
    ZoneState,
    batch_from_plots,
)
from rampart.domain.site import Reflector, Rules, Sensor, Site, Wind, Zone
from rampart.formats.journal import Header, InputRecord, JournalWriter, OutputRecord

FIRST = Path(__file__).with_name("journal-schema1.rpj")
PATH = Path(__file__).with_name("journal-schema1-2026-11.rpj")  # with what was appended since
T = 1_641_340_800_000_000_000  # 2022-01-05 00:00 UTC
S = 1_000_000_000

HEADER = Header(
    schema=1, engine="0.1.0", settings_hash="00112233aabbccdd", epoch_ns=T, simulated=True,
    source="golden", seed=11,
    site=Site(
        name="Golden", uuid="6f1d", latitude_deg=33.2, longitude_deg=44.2, height_m=35.0,
        zones=(
            Zone(
                id="Z1", name="Clinic", people=40, shelter_s=7.5, threshold=0.02,
                polygon_enu_m=((-50.0, -50.0), (50.0, -50.0), (50.0, 50.0), (-50.0, 50.0)),
                release={"mortar": "auto", "gun": "auto", "rocket": "auto", "drone": "confirm",
                         "unknown": "auto"},
            ),
        ),
        sensors=(
            Sensor(id="R1", position_enu_m=(10.0, -20.0, 3.0), system_id=(25, 10)),
            Sensor(id="R2", sigma_elevation_rad=None, sigma_range_rate_mps=None),
        ),
        wind=(Wind(height_m=10.0, east_mps=2.0, north_mps=-1.0),),
        rules=Rules(warn_p=0.02, drone_warn_p=0.05, drone_horizon_s=105.0),
        reflectors=(Reflector(id="M1", position_enu_m=(900.0, 400.0, 30.0), sigma_m=0.1),),
    ),
)  # fmt: skip

PLOT = Plot(
    sensor="R1", t_event_ns=T + S, t_arrival_ns=T + S + 30_000_000, range_m=3210.5, azimuth_rad=6.28,
    elevation_rad=0.75, range_rate_mps=-180.25, snr_db=14.5, rcs_dbsm=-21.0, height_m=2200.0,
    sigma_range_m=9.0, sigma_azimuth_rad=0.002, sigma_elevation_rad=0.0025,
    sigma_range_rate_mps=1.25, address=0x3C6545, mode_3a=0o1000,
)  # fmt: skip

RECORDS = [
    InputRecord(1, PLOT),
    OutputRecord(1, (SensorHealth(sensor="R1", t_ns=T + S, state="LIVE", reason="heard", cause_seq=1),)),
    InputRecord(2, batch_from_plots([PLOT, PLOT], complete=True)),
    OutputRecord(2, (
        TrackUpdate(
            track=1, t_ns=T + 2 * S, state_enu=(1.0, -2.0, 3.5, -100.0, 50.0, -70.0),
            cov_enu=tuple(float(i) for i in range(21)), status="confirmed", family="mortar",
            p_family=(0.9, 0.04, 0.03, 0.01, 0.01, 0.01), drag_per_m=1.15e-4, t_first_ns=T + S,
            plots=3, bounded=True, ambiguous=False, known="", classes={"mortar_81": 0.8},
        ),
        Prediction(
            track=1, t_ns=T + 2 * S, t_first_ns=T + S, model="ballistic", impact_ns_q05=T + 20 * S,
            impact_ns_q50=T + 21 * S, impact_ns_q95=T + 22 * S, impact_enu_m=(12.0, 5.0, 0.0),
            cov_m2=(900.0, -30.0, 400.0),
        ),
        ZoneState(
            zone="Z1", alarm_id="0123456789abcdef", raid_id="fedcba9876543210", revision=1,
            phase="warn", reason="threshold", change="opened", tracks=(1,), count=1, p_zone=0.63,
            issued_ns=T + 2 * S, cause_seq=2, t_impact_ns_q05=T + 20 * S, t_impact_ns_q50=T + 21 * S,
            t_impact_ns_q95=T + 22 * S, simulated=True, exercise=False, by="",
        ),
        Origin(
            track=1, t_ns=T + 2 * S, family="mortar", launch_ns_q05=T - 3 * S, launch_ns_q50=T - 2 * S,
            launch_ns_q95=T - S, launch_enu_m=(-2600.0, 2300.0, 0.0), cov_m2=(2500.0, 0.0, 2500.0),
            outside_class_range=False,
        ),
        Rejected(feed="R1", reason="duplicate", count=1, t_arrival_ns=T + 2 * S, detail=""),
    )),
    InputRecord(3, SensorStatus(
        sensor="R1", t_event_ns=T + 3 * S, t_arrival_ns=T + 3 * S, kind="north", state="degraded",
        sector_rad=0.0, rotation_s=4.0, position_deg_m=(33.2, 44.2, 35.0),
    )),
    InputRecord(4, KnownTrack(
        source="adsb", ident="DLH65A", t_event_ns=T + 3 * S, t_arrival_ns=T + 3 * S, latitude_deg=33.3,
        longitude_deg=44.1, height_m=9000.0, velocity_enu_mps=(200.0, 10.0, 0.0), sigma_m=25.0,
        address=0x3C6545, friendly=True, sigma_time_s=0.02,
    )),
    InputRecord(5, Weather(
        t_arrival_ns=T + 3 * S, pressure_pa=101325.0, temperature_k=288.15, station_height_m=2.0,
        wind=((10.0, 1.0, 2.0), (500.0, 4.0, 5.0)),
    )),
    InputRecord(6, OperatorAction(
        t_arrival_ns=T + 4 * S, by="op1", action="assess", zones=("Z1",), track=1, family="clutter",
        reason="birds",
    )),
    InputRecord(7, Tick(t_arrival_ns=T + 5 * S)),
    InputRecord(8, Rejected(feed="udp", reason="truncated_block", count=2, t_arrival_ns=T + 5 * S)),
]  # fmt: skip


if __name__ == "__main__":
    with JournalWriter(PATH, HEADER) as writer:
        for record in RECORDS:
            if isinstance(record, InputRecord):
                writer.input(record.seq, record.message)
            else:
                writer.outputs(record.cause, record.messages)
