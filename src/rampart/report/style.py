"""The style sheet of the report: calm, legible, light and dark, printable, without colour where need be."""

from typing import Final

_DARK = """
--ground:#0b1016;--panel:#121a23;--edge:#2a3947;--text:#e6edf3;--muted:#a9b8c6;--map:#0e151d;
--grid:#1d2a36;--ring:#6f8597;--accent:#56b4e9;--alarm:#ff6b70;--alarm-fill:#b3001b;--on-alarm:#fff;
--amber:#f0b429;--clear:#2fbf94;--hold:#e6edf3;--hold-fill:#3a4d5e;--sim:#f7e463;
--rocket:#e69f00;--mortar:#f0e442;--gun:#f58b5b;--drone:#56b4e9;--unknown:#cc79a7;--aircraft:#8fa3b5;
--clutter:#6f8597;--truth:#ffffff;--ellipse:#e6edf3;--origin:#d98cc0;
"""

_LIGHT = """
--ground:#f6f8fa;--panel:#ffffff;--edge:#ccd6df;--text:#15202b;--muted:#4a5a69;--map:#f1f5f8;
--grid:#dfe6ec;--ring:#5c7085;--accent:#005f99;--alarm:#b3001b;--alarm-fill:#b3001b;--on-alarm:#fff;
--amber:#8a5a00;--clear:#0b6b50;--hold:#15202b;--hold-fill:#c3ced8;--sim:#5c4a00;
--rocket:#a65e00;--mortar:#776600;--gun:#b34700;--drone:#0067a5;--unknown:#9c3a75;--aircraft:#5c7085;
--clutter:#6f8597;--truth:#15202b;--ellipse:#15202b;--origin:#9c3a75;
"""

_FAMILIES = ["rocket", "mortar", "gun", "drone", "unknown", "aircraft", "clutter"]

_RULES = """
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--text);
font:16px/1.55 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
.banner{background:repeating-linear-gradient(135deg,transparent 0 14px,color-mix(in srgb,var(--sim) 13%,
transparent) 14px 28px);
border-bottom:2px solid var(--sim);color:var(--sim);padding:.55rem 1.25rem;text-align:center}
.banner strong{letter-spacing:.09em;margin-right:.6em}
header,main,footer{max-width:1120px;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.6rem}
.brand{margin:0;color:var(--muted);font-size:.8125rem;letter-spacing:.16em;text-transform:uppercase}
h1{font-size:1.9rem;line-height:1.2;margin:.25rem 0 .2rem;font-weight:650;letter-spacing:-.01em}
.when{margin:0;color:var(--muted);font-variant-numeric:tabular-nums}
h2{font-size:1.2rem;margin:2.6rem 0 .7rem;font-weight:650}
.lead{font-size:1.125rem;max-width:62ch;margin:1.3rem 0 0}
.about{color:var(--muted);max-width:68ch}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(128px,1fr));gap:.75rem;
margin:1.5rem 0 0;padding:0}
.figures div{background:var(--panel);border:1px solid var(--edge);border-radius:8px;
padding:.75rem .9rem}
.figures dt{color:var(--muted);font-size:.875rem;line-height:1.3}
.figures dd{margin:.15rem 0 0;font-size:1.6rem;line-height:1.2;font-weight:600;
font-variant-numeric:tabular-nums}
.figures .bad{border:2px solid var(--alarm)}.figures .bad dd{color:var(--alarm)}
.figures small{font-size:.875rem;font-weight:400;color:var(--muted)}
figure{margin:0;background:var(--panel);border:1px solid var(--edge);border-radius:8px;padding:.9rem}
figcaption{font-weight:600;margin:0 0 .6rem}
figcaption span{font-weight:400;color:var(--muted)}
.maps{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr))}
svg{display:block;max-width:100%}
svg.map{width:100%;height:auto}
.only{max-width:760px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:.8rem 0 0;padding:0;
color:var(--muted);font-size:.875rem}
.legend li{display:flex;align-items:center;gap:.45em}
svg.swatch{display:inline-block;vertical-align:-3px;flex:none}
.scroll{overflow-x:auto;background:var(--panel);border:1px solid var(--edge);border-radius:8px;
margin:0 0 1rem}
.scroll:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
caption{text-align:left;font-weight:600;padding:.8rem .9rem .5rem}
th,td{text-align:left;padding:.45rem .9rem;border-top:1px solid var(--edge);vertical-align:top}
thead th{color:var(--muted);font-weight:500;font-size:.875rem;border-top:0}
tbody th{font-weight:600}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.more{color:var(--muted)}
.verdict-missed,.verdict-false{color:var(--alarm);font-weight:700}
.verdict-clear{color:var(--muted)}
.facts{padding-left:1.1rem;max-width:80ch}.facts li{margin:.35rem 0}
.facts cite{color:var(--muted);font-style:normal;font-size:.875rem}
.facts cite::before{content:"["}.facts cite::after{content:"]"}
.facts strong{border:1px solid var(--edge);color:var(--muted);border-radius:4px;padding:0 .35em;
font-size:.75rem;font-weight:600;letter-spacing:.05em}
.facts .mark-assumed{border-color:var(--amber);color:var(--amber)}
.pairs{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:.35rem 1.5rem;margin:0}
.pairs div{display:flex;justify-content:space-between;gap:1rem;border-bottom:1px solid var(--edge);
padding:.25rem 0}
.pairs dt{color:var(--muted)}.pairs dd{margin:0;text-align:right;font-variant-numeric:tabular-nums;
overflow-wrap:anywhere}
footer{color:var(--muted);font-size:.875rem;padding-top:2rem;padding-bottom:3rem}
text{fill:var(--text);font:13px system-ui,"Segoe UI","DejaVu Sans",sans-serif}
text.start{text-anchor:start}text.middle{text-anchor:middle}text.end{text-anchor:end}
.map-ground{fill:var(--map)}
.map-grid{stroke:var(--grid);fill:none;stroke-width:1}
.map-grid-word{fill:var(--muted);font-size:11px}
.map-word{paint-order:stroke;stroke:var(--map);stroke-width:4px;stroke-linejoin:round}
.zone-name{font-weight:600}
.name-warn,.name-impact,.name-pending{fill:var(--alarm)}.name-watch{fill:var(--amber)}
.name-clear,.sensor-name{font-weight:400;fill:var(--muted)}
.map-scale{stroke:var(--text);fill:none;stroke-width:1.5}.map-north{fill:var(--text)}
.zone{fill:color-mix(in srgb,var(--ring) 9%,transparent);stroke:var(--ring);stroke-width:1.3}
.zone-watch{stroke:var(--amber);stroke-width:2;stroke-dasharray:7 4;
fill:color-mix(in srgb,var(--amber) 9%,transparent)}
.zone-pending{stroke:var(--alarm);stroke-width:2.2;stroke-dasharray:7 4}
.zone-warn,.zone-impact{stroke:var(--alarm);stroke-width:2.2}
.map-whole .zone-warn,.map-whole .zone-impact{fill:url(#hatch-whole)}
.map-zones .zone-warn,.map-zones .zone-impact{fill:url(#hatch-zones)}
.zone-hold{stroke:var(--hold);stroke-width:2.2}
.hatch-line{stroke:var(--alarm);stroke-width:1.1;opacity:.5}
.trail{fill:none;stroke-width:1.8;stroke-linejoin:round}
.trail-quiet{stroke-width:1;opacity:.6}
.fall{fill:none;stroke-width:1.3;stroke-dasharray:3 4}
.mark{stroke:var(--map);stroke-width:.12;paint-order:stroke}
.ellipse{fill:none;stroke:var(--ellipse);stroke-width:1.5}
.ellipse-middle{stroke-dasharray:6 4;stroke-width:1;opacity:.6}
.ellipse-early{stroke-dasharray:1.5 4;stroke-width:1;opacity:.5}
.predicted{stroke:var(--ellipse);stroke-width:1.6;fill:none}
.origin{fill:color-mix(in srgb,var(--origin) 14%,transparent);stroke:var(--origin);stroke-width:1.4;
stroke-dasharray:2 3}
.sensor{fill:none;stroke:var(--accent);stroke-width:1.7}
.truth{fill:var(--truth);stroke:var(--map);stroke-width:1.2;paint-order:stroke}
.timeline .truth,.legend .truth-bar{fill:#fff;stroke:#15202b;stroke-width:1.4}
.tick{stroke:var(--grid);stroke-width:1}
.axis-word{fill:var(--muted);font-size:12.5px;font-variant-numeric:tabular-nums;paint-order:stroke;
stroke:var(--panel);stroke-width:3px}
.curve{fill:none;stroke-width:1.7;vector-effect:non-scaling-stroke}
.flight{stroke-width:2.5}
svg.chart{overflow:visible}
.row-name{font-weight:600}.row-words{fill:var(--muted)}
.timeline text{paint-order:stroke;stroke:var(--panel);stroke-width:3px}
.bar-empty{fill:var(--map)}
.bar-watch{fill:color-mix(in srgb,var(--amber) 16%,transparent);stroke:var(--amber);stroke-width:1.3;
stroke-dasharray:5 3}
.bar-pending{fill:none;stroke:var(--alarm);stroke-width:2;stroke-dasharray:5 3}
.bar-warn{fill:var(--alarm-fill);stroke:var(--alarm);stroke-width:1.5}
.bar-impact{fill:url(#hatch-time);stroke:var(--alarm);stroke-width:2.5}
.bar-hold{fill:var(--hold-fill);stroke:var(--hold);stroke-width:1}
.bar-taken-back{fill:var(--map);stroke:var(--muted);stroke-width:1.5;stroke-dasharray:2 2}
.bar-all-clear{fill:none;stroke:var(--clear);stroke-width:1.3}
.timeline .bar-word{font-size:12px;font-weight:600;stroke:none}
.timeline .on-warn{fill:var(--on-alarm)}
@media (max-width:640px){
h1{font-size:1.5rem}.lead{font-size:1.0625rem}header,main,footer{padding-left:.9rem;padding-right:.9rem}
figure{padding:.6rem}.maps .map-word,.only .map-word{font-size:17px}

.map-grid-word{font-size:15px}.timeline .bar-word{display:none}.figures dd{font-size:1.35rem}
.figures{grid-template-columns:1fr 1fr}
th,td{padding:.4rem .6rem}table{min-width:660px}
}
@media print{
body{background:#fff;font-size:11pt}header,main,footer{max-width:none;padding:0}
figure,.scroll,.figures div{break-inside:avoid;border-color:#999}h2{break-after:avoid}
.scroll{overflow:visible}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
"""


def style_sheet() -> str:
    """All rules; colours come from the reader's own choice of light or dark, light on paper."""
    families = "".join(
        f".line-{family}{{stroke:var(--{family})}}.fill-{family}{{fill:var(--{family})}}"
        for family in _FAMILIES
    )
    light = "".join(_LIGHT.split("\n"))
    dark = "".join(_DARK.split("\n"))
    return (
        f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"{families}{_RULES}"
    )


STYLE: Final = style_sheet()
