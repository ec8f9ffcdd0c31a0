"""How pages look and what they do: one style, one script, the shapes of the marks."""

STYLE = """
:root{color-scheme:light dark;--bg:#f6f5f1;--card:#fff;--ink:#1b2130;--soft:#525b6d;--line:#d8dae0;
--accent:#2457c5;--read:#2f6fdb;--write:#8b3fd1;--control:#6d7686;--held:#e6ecf7;--heldline:#7f93b8;
--commit:#12724f;--back:#a8500a;--error:#c02525;--wait:#a96b00;--outside:#5f6b7a;--req:#4a5a78;
--response:#b4145c;--after:#fbe9f1;--kept:#c02525;--plus:#e4f4ea;--minus:#fbe8e6;--plusink:#0d5c33;
--minusink:#97200f;--good:#12724f;--goodbg:#e3f3ea;--bad:#ad1f1f;--badbg:#fbe6e4;--warn:#8a5000;
--warnbg:#fdf0d9;--note:#36507f;--notebg:#e6edf9;--grid:#eceef2;
--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
@media screen and (prefers-color-scheme:dark){:root{--bg:#0f1218;--card:#181d27;--ink:#e7eaf1;
--soft:#a5afc0;--line:#313949;--accent:#8fb4ff;--read:#6ba4ff;--write:#c79bff;--control:#97a2b5;
--held:#222c40;--heldline:#6f84ad;--commit:#4fd3a1;--back:#f2a65a;--error:#ff8080;--wait:#e8b04a;
--outside:#9aa7b8;--req:#8c9dbd;--response:#ff86b9;--after:#33202b;--kept:#ff8080;--plus:#15301f;
--minus:#38201f;--plusink:#8fe0ae;--minusink:#ffaa9e;--good:#5fd8a6;--goodbg:#14301f;--bad:#ff9a92;
--badbg:#3b1e1e;--warn:#f3bd6b;--warnbg:#382a12;--note:#a9c3f5;--notebg:#1d2a44;--grid:#232a37}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 var(--sans);overflow-wrap:anywhere}
main,header.top{max-width:84rem;margin:0 auto;padding:0 1.5rem}
header.top{padding-top:2.5rem}
main{padding-bottom:4rem}
h1{font-size:clamp(1.6rem,4vw,2.3rem);line-height:1.15;margin:0 0 .4rem;letter-spacing:-.02em}
h2{font-size:1.35rem;line-height:1.25;margin:2.75rem 0 .75rem;letter-spacing:-.01em}
h3{font-size:1.05rem;line-height:1.35;margin:0}
h4{font-size:.95rem;margin:1.25rem 0 .5rem}
h5{font-size:.8rem;margin:0;color:var(--soft);text-transform:uppercase;letter-spacing:.06em}
p{margin:.4rem 0}
a{color:var(--accent);text-underline-offset:.2em}
code,.mono,h2.route{font-family:var(--mono);font-size:.92em}
h2.route{font-size:1.15rem}
.lead{color:var(--soft);font-size:1.05rem;max-width:60rem}
.soft,.note{color:var(--soft);font-size:.88rem}
.tiles{display:flex;flex-wrap:wrap;gap:.75rem;list-style:none;margin:1.25rem 0;padding:0}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:.75rem;
padding:.6rem 1rem;min-width:7.5rem}
.tiles b{display:block;font-size:1.5rem;line-height:1.2;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:.85rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:.9rem;padding:1.1rem 1.25rem;
margin:0 0 1rem;min-width:0}
.card:target{outline:3px solid var(--accent);outline-offset:2px}
.head{display:flex;flex-wrap:wrap;gap:.3rem .75rem;align-items:baseline}
.tag{display:inline-block;border-radius:1rem;padding:.05rem .6rem;font-size:.78rem;font-weight:600;
font-family:var(--sans);white-space:nowrap;color:var(--note);background:var(--notebg)}
.tag.proven,.tag.bad{color:var(--bad);background:var(--badbg)}
.tag.suspected{color:var(--warn);background:var(--warnbg)}
.tag.good{color:var(--good);background:var(--goodbg)}
.found{list-style:none;margin:.6rem 0;padding:0;display:grid;gap:.5rem}
.found li{border-left:3px solid var(--line);padding:.1rem 0 .1rem .8rem}
.found li.proven{border-color:var(--bad)}.found li.suspected{border-color:var(--warn)}
.found li.review{border-color:var(--note)}
.found p{margin:.1rem 0}
.advice::before{content:"\\2192\\00a0";color:var(--good);font-weight:700}
dl.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem 1rem;margin:.6rem 0;
font-size:.92rem}
dl.facts dt{color:var(--soft)}dl.facts dd{margin:0}
ul.releases{display:flex;flex-wrap:wrap;gap:.3rem .5rem;list-style:none;padding:0;margin:.75rem 0}
ul.releases li{font:.82rem var(--mono);background:var(--card);border:1px solid var(--line);
border-radius:.5rem;padding:.15rem .5rem}
ul.releases b{font-weight:600}
table{border-collapse:collapse;width:100%;font-size:.9rem;background:var(--card);
border:1px solid var(--line);border-radius:.9rem;border-spacing:0;overflow:hidden}
th,td{text-align:left;vertical-align:top;padding:.45rem .75rem;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--soft);font-size:.8rem;text-transform:uppercase;letter-spacing:.05em}
tbody th{font-weight:600}
td .tag{margin:0 .2rem .15rem 0}h4 .tag{margin-left:.35rem}h4 .soft{font-weight:400}
form.filter{display:flex;flex-wrap:wrap;gap:.6rem 1.25rem;align-items:center;background:var(--card);
border:1px solid var(--line);border-radius:.9rem;padding:.7rem 1rem;margin:1.5rem 0 0}
form.filter[hidden],[hidden]{display:none!important}
form.filter label{display:flex;gap:.5rem;align-items:center;font-size:.9rem;min-width:0;max-width:100%;
white-space:nowrap}
select{font:inherit;font-size:.9rem;color:var(--ink);background:var(--bg);border:1px solid var(--soft);
border-radius:.5rem;padding:.25rem .4rem;max-width:min(22rem,100%);min-width:0}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
output{color:var(--soft);font-size:.9rem;margin-left:auto}
figure{margin:.75rem 0 0;container-type:inline-size}
figcaption{font-size:.9rem;color:var(--soft);margin-bottom:.35rem}
details>summary{cursor:pointer;color:var(--soft);font-size:.88rem;width:fit-content}
details.list ol{margin:.5rem 0 0;padding:0 0 0 3.2em;font:.8rem/1.55 var(--mono);
font-variant-numeric:tabular-nums}
details.list li::marker{color:var(--soft)}
details.list li{padding-left:.4rem;border-left:3px solid transparent}
details.list li.a{border-color:var(--response);background:linear-gradient(90deg,var(--after),transparent)}
details.list li.gap{list-style:none;color:var(--soft);font-style:italic}
details.list i{display:inline-block;min-width:4.2em;margin-right:.6em;text-align:right;font-style:normal;
color:var(--soft)}
details.list small{color:var(--soft);font-size:.95em}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:1rem 1.5rem;
margin:.5rem 0 1rem}
.side{min-width:0;border-top:3px solid var(--good);padding-top:.5rem}
.side.broken{border-color:var(--bad)}
.side h6{font:600 .9rem var(--mono);margin:.35rem 0 0}
.diff{font:.8rem/1.5 var(--mono);margin:.5rem 0;overflow-x:auto;border:1px solid var(--line);
border-radius:.6rem;padding:.5rem 0;tab-size:4;max-height:32rem}
.diff code{display:block;width:max-content;min-width:100%;font-size:1em}
.diff span,.diff ins,.diff del{display:block;padding:0 .9rem;text-decoration:none;white-space:pre}
.diff ins{background:var(--plus);color:var(--plusink)}
.diff del{background:var(--minus);color:var(--minusink)}
.diff .h{color:var(--note)}.diff .f{color:var(--soft)}
.rule{content-visibility:auto;contain-intrinsic-size:auto 60rem}
.legend{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;list-style:none;padding:0;margin:.6rem 0 0;
font-size:.85rem;color:var(--soft)}
.legend li{display:flex;gap:.4rem;align-items:center}
.legend svg{flex:none;width:26px;height:18px;overflow:visible}
.defs{position:absolute;width:0;height:0;overflow:hidden}
svg.t{display:block;width:100%;overflow:visible;font:11px var(--mono)}
.t text{text-anchor:middle;fill:var(--soft)}
.t text.s,.t text.l{text-anchor:start}.t text.e,.t text.l.e{text-anchor:end}
.t .cap{font:600 12px var(--sans);fill:var(--ink)}
.t .cap,.t .l,.t .rl{paint-order:stroke;stroke:var(--card);stroke-width:3px;stroke-linejoin:round}
.t .l{display:none;fill:var(--ink)}
@container (min-width:900px){.t .l.w{display:inline}}
@container (min-width:540px) and (max-width:899.9px){.t .l.m{display:inline}}
@container (max-width:539.9px){.t .l.n{display:inline}}
.t .l.k-commit{fill:var(--commit);font-weight:700}.t .l.k-rollback{fill:var(--back);font-weight:700}
.t .l.k-error,.t .l.k-cancel,.t .l.k-load{fill:var(--error);font-weight:700}
.aft{fill:var(--after)}.t .rl{fill:var(--response);font-weight:700;font-family:var(--sans);font-size:12px}
.ax{stroke:var(--soft);stroke-width:1}.g{stroke:var(--grid);stroke-width:1}
.res{stroke:var(--response);stroke-width:2.5}
.cut{stroke:var(--card);stroke-width:9}.cuts{stroke:var(--soft);stroke-width:9;stroke-dasharray:2 4;
stroke-opacity:.45}
.req{fill:var(--req);stroke:var(--req)}.reqa{fill:url(#p-req);stroke:var(--req)}
.wait{fill:url(#p-wait);stroke:var(--wait)}.outside{fill:url(#p-outside);stroke:var(--outside)}
.held{fill:var(--held);fill-opacity:.7;stroke:var(--heldline)}.held.kept{fill:url(#p-kept);stroke:var(--kept)}
.held.on{fill:url(#p-on)}.mom{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:4 3}
.t .rl.mo{fill:var(--bad)}.line{font:.88rem/1.5 var(--mono);margin:.2rem 0}
.unit,.tx{stroke-width:1.5}.ok{fill:var(--commit);stroke:var(--commit)}
.back{fill:url(#p-back);stroke:var(--back)}.open{fill:url(#p-open);stroke:var(--control)}
.q{stroke-width:1.5}.q.read{fill:var(--read);stroke:var(--read)}
.q.write{fill:var(--write);stroke:var(--write)}.q.control{fill:var(--card);stroke:var(--control)}
.k{color:var(--soft)}.k.commit,.k.unit-commit{color:var(--commit)}
.k.rollback,.k.unit-rollback{color:var(--back)}.k.error,.k.cancel,.k.load{color:var(--error)}
.k.flush{color:var(--write)}
.o{fill:var(--card);stroke:currentColor;stroke-width:1.75}.i{fill:none;stroke:var(--card);stroke-width:2}
.x{fill:none;stroke:currentColor;stroke-width:2.5}.z{fill:currentColor;stroke:var(--card)}
.pl{stroke-width:3;fill:none}
@media (max-width:40rem){main,header.top{padding-left:.75rem;padding-right:.75rem}
.card{padding:.9rem .75rem;border-radius:.7rem}.tiles li{flex:1 1 40%;min-width:0}
table,tbody,tr,td,tbody th{display:block}thead{display:none}
td,tbody th{border:0;padding:.15rem .75rem}tr{border-top:1px solid var(--line);padding:.5rem 0}
td[data-name]::before{content:attr(data-name) ": ";color:var(--soft)}td:empty{display:none}
dl.facts{grid-template-columns:1fr}dl.facts dd{margin-bottom:.3rem}
details.list ol{padding-left:2.6em}details.list i{min-width:0}}
@media print{body{background:#fff;font-size:11pt}form.filter{display:none!important}
.card,figure,.pair,tr{break-inside:avoid}.rule{content-visibility:visible}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""

SCRIPT = """
(() => {
  const form = document.querySelector("form.filter");
  if (!form) return;
  const items = [...document.querySelectorAll("[data-item]")];
  const groups = [...document.querySelectorAll("[data-group]")];
  const controls = [...form.querySelectorAll("[data-by]")];
  const counted = items.filter((item) => item.dataset.item === "counted");
  const wanted = (control) =>
    control.type === "checkbox" ? (control.checked ? control.value : "") : control.value;
  const apply = () => {
    for (const item of items) {
      item.hidden = !controls.every((control) => {
        const has = item.dataset[control.dataset.by];
        const value = wanted(control);
        return !value || has === undefined || has.split(" ").includes(value);
      });
    }
    for (const group of groups) {
      group.hidden = ![...group.querySelectorAll("[data-item=counted]")].some((i) => !i.hidden);
    }
    const shown = counted.filter((item) => !item.hidden).length;
    form.querySelector("output").textContent = `${shown} of ${counted.length} shown`;
  };
  const arrive = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.closest("[hidden]")) {
      form.reset();
      apply();
      target.scrollIntoView();
    }
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", arrive);
  addEventListener("beforeprint", () => {
    for (const list of document.querySelectorAll("details")) list.open = true;
  });
  form.hidden = false;
  apply();
})();
"""


def _pattern(name: str, color: str, ground: str = "--card") -> str:
    return (
        f"<pattern id=p-{name} width=6 height=6 patternUnits=userSpaceOnUse "
        f'patternTransform="rotate(45)"><rect width=6 height=6 class=pg-{ground[2:]} />'
        f"<path class=ps-{color[2:]} d=M1.5,0V6 /></pattern>"
    )


_PATTERNS = {
    "req": ("--req", "--card"),
    "wait": ("--wait", "--card"),
    "outside": ("--outside", "--card"),
    "kept": ("--kept", "--held"),
    "on": ("--control", "--held"),
    "back": ("--back", "--card"),
    "open": ("--control", "--card"),
}

STYLE += "".join(
    f".pg-{ground[2:]}{{fill:var({ground})}}.ps-{color[2:]}{{stroke:var({color});stroke-width:2}}"
    for color, ground in sorted(set(_PATTERNS.values()))
)

_SHAPES = {
    "commit": '<path class=z d="M0-10 10 0 0 10-10 0z"/><path class=i d="M-4 0-1 3 4-3"/>',
    "rollback": '<circle class=z r=8.5 /><path class=i d="M3.5 3.5V0H-3.5M-1-3-4 0-1 3"/>',
    "unit-commit": '<path class=z d="M0-7 7 0 0 7-7 0z"/>',
    "unit-rollback": '<circle class=z r=5.5 /><path class=i d="M3 0H-3"/>',
    "error": '<circle class=z r=8.5 /><path class=i d="M-3-3 3 3M3-3-3 3"/>',
    "cancel": '<rect class=z x=-8 y=-8 width=16 height=16 /><path class=i d="M-4 0H4"/>',
    "load": '<path class=z d="M0-10 10 8H-10z"/><path class=i d="M0-4V2M0 4V6"/>',
    "flush": '<path class=z d="M-5-5H5L0 5z"/>',
    "session": "<circle class=o r=4 />",
    "connect": "<circle class=o r=5 /><circle class=z r=2.5 />",
    "close": '<circle class=o r=5 /><path class=x d="M-2-2 2 2"/>',
    "response-end": '<path class=x d="M0-8V8"/>',
}

SYMBOLS = (
    "<svg class=defs aria-hidden=true focusable=false><defs>"
    + "".join(_pattern(name, *colors) for name, colors in _PATTERNS.items())
    + "".join(f"<g id=i-{name}>{shape}</g>" for name, shape in _SHAPES.items())
    + "</defs></svg>"
)


def _key(drawn: str, words: str) -> str:
    return f"<li><svg aria-hidden=true>{drawn}</svg>{words}</li>"


def _swatch(style: str, words: str, height: int = 12) -> str:
    top = (18 - height) // 2
    return _key(f'<rect class="{style}" x=1 y={top} width=24 height={height} />', words)


def _shape(name: str, words: str) -> str:
    return _key(f'<use href="#i-{name}" class="k {name}" x=13 y=9 />', words)


LEGEND = (
    "<details open class=key><summary>How to read the pictures</summary><ul class=legend>"
    + _key(
        '<rect class=aft x=12 width=14 height=18 /><path class=res d="M12 0V18"/>',
        "the response begins; what is right of the line the client does not wait for",
    )
    + _swatch("req", "the request", 8)
    + _swatch("reqa", "the request, after the response", 8)
    + _swatch("wait", "waits for a connection", 8)
    + _swatch("outside", "waits for something else", 8)
    + _swatch("held", "connection held", 18)
    + _swatch("held kept", "never given back: a finding", 18)
    + _swatch("held on", "still held at the end, which is no finding", 18)
    + _key('<path class=mom d="M13 0V18"/>', "▼ 1: the moment of the request's finding 1")
    + _swatch("q read", "statement that reads")
    + _swatch("q write", "statement that writes")
    + _swatch("q control", "BEGIN, SAVEPOINT …")
    + _swatch("tx ok", "transaction or unit of work, committed", 4)
    + _swatch("tx back", "rolled back", 4)
    + _shape("commit", "COMMIT")
    + _shape("rollback", "ROLLBACK")
    + _shape("unit-commit", "the session commits")
    + _shape("unit-rollback", "the session rolls back")
    + _shape("flush", "flush")
    + _shape("error", "error")
    + _shape("cancel", "cancelled")
    + _shape("load", "loaded behind the code's back")
    + _shape("session", "session made")
    + _shape("connect", "connection opened")
    + _key(
        '<path class=cut d="M13 0V18"/><path class=cuts d="M13 0V18"/>',
        "a stretch without events, drawn shorter",
    )
    + "</ul></details>"
)
"""What the shapes and fills stand for, in words."""
