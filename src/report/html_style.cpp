// report/html_style.cpp - how the page looks, light and dark.
#include "report/html_parts.h"

namespace storm::report {

namespace {

// Colours say nothing that a word, a dash or a shape does not say too.
constexpr std::string_view sheet = R"css(
:root{color-scheme:light dark;--bg:#fcfcfa;--fg:#1c1c1a;--mute:#63615c;--line:#dfddd5;--card:#fff;
--bad:#b3261e;--badbg:#fbeae8;--ok:#2f6f4f;--okbg:#e8f3ec;--warn:#8a5a10;--warnbg:#fbf3e0;
--band:#e9dca055;--bandline:#b9a447;--blue:#2b5fa8;--soft:#b9cbe4;--more:#0003}
@media(prefers-color-scheme:dark){:root{--bg:#171715;--fg:#ecebe6;--mute:#a5a29a;--line:#37352f;
--card:#1f1f1c;--bad:#ff8a80;--badbg:#3a1f1d;--ok:#7cc6a0;--okbg:#1d2f26;--warn:#e8bb66;
--warnbg:#332a17;--band:#c9b45820;--bandline:#8f8040;--blue:#8db4ee;--soft:#3d5478;
--more:#000c}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 20px 60px}
a{color:var(--blue)}
.skip{position:absolute;left:-999px;top:0;background:var(--card);padding:8px 14px;z-index:1}
.skip:focus{left:8px;top:8px}
:focus-visible{outline:3px solid var(--blue);outline-offset:2px}
.verdict{border-left:6px solid var(--bad);background:var(--badbg);padding:16px 20px;
border-radius:4px}
.verdict b{color:var(--bad);letter-spacing:.04em}
.verdict h1{font-size:20px;line-height:1.35;font-weight:400;margin:6px 0 0;overflow-wrap:anywhere}
.verdict.pass{border-color:var(--ok);background:var(--okbg)}.verdict.pass b{color:var(--ok)}
.verdict.inconclusive{border-color:var(--warn);background:var(--warnbg)}
.verdict.inconclusive b{color:var(--warn)}
.sub{color:var(--mute);overflow-wrap:anywhere}
.pills{display:flex;flex-wrap:wrap;gap:6px;margin:14px 0 0;padding:0;list-style:none}
.pills li{border:1px solid var(--line);border-radius:99px;padding:0 10px;font-size:13px;
color:var(--mute)}
nav{margin:14px 0 0;font-size:13px;display:flex;flex-wrap:wrap;gap:4px 14px}
h2{font-size:16px;margin:34px 0 8px}h2 small{font-weight:400;color:var(--mute);margin-left:8px}
h3{font-size:14px;margin:16px 0 6px}
.card{border:1px solid var(--line);border-radius:6px;padding:12px;overflow-x:auto;
background:linear-gradient(to right,var(--card) 40%,transparent) 0/32px 100% no-repeat local,
linear-gradient(to left,var(--card) 40%,transparent) 100%/32px 100% no-repeat local,
linear-gradient(to right,var(--more),transparent) 0/14px 100% no-repeat,
linear-gradient(to left,var(--more),transparent) 100%/14px 100% no-repeat,var(--card)}
svg{width:100%;min-width:640px;height:auto;display:block}
svg.key{width:26px;min-width:0;display:inline-block;vertical-align:middle;margin-right:4px}
text{font:12px system-ui,sans-serif;fill:var(--fg)}
.tick,.lab{fill:var(--mute);font-size:11px}.who{font-weight:600;font-size:13px}
.halo{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.grid{stroke:var(--line)}.life{stroke:var(--line);stroke-width:2}
.gone{stroke:var(--bad);stroke-width:2;stroke-dasharray:2 5}
.band{fill:var(--band);stroke:var(--bandline);stroke-dasharray:3 3}
.dots{stroke:var(--ok);stroke-width:4.8;stroke-linecap:round;opacity:.55;fill:none}
.cell{stroke:var(--ok);stroke-width:4;fill:none}
.info{stroke:var(--warn);fill:none;stroke-width:1.6}.fail{stroke:var(--bad);fill:none}
.errs{fill:var(--warn);opacity:.8}
.bad{fill:var(--bad)}.badline{stroke:var(--bad);stroke-dasharray:2 3}
.badtext{fill:var(--bad);font-weight:600}
.mark{stroke:var(--ok);stroke-dasharray:6 3}.marktext{fill:var(--ok);font-size:11px}
.up{stroke:var(--line);stroke-width:2;fill:none}.lead{stroke:var(--blue);stroke-width:8;fill:none}
.role{stroke:var(--soft);stroke-width:5;fill:none}
.cut{stroke:var(--warn);stroke-width:3;fill:none}
.held{stroke:var(--warn);stroke-width:7;stroke-dasharray:2 2;fill:none}
.down{stroke:var(--bad);stroke-width:3;stroke-dasharray:3 3;fill:none}
.void{stroke:var(--card);stroke-width:9;fill:none}
.msg{stroke:var(--fg);stroke-width:1.6}.head{fill:var(--fg)}.note{fill:var(--blue)}
.again{fill:var(--card);stroke:var(--blue);stroke-width:2}
.x{stroke:var(--bad);stroke-width:2.5;fill:none}
.fault line.msg{stroke:var(--warn)}.fault .remark{fill:var(--warn)}
.promise line.msg{stroke:var(--warn);stroke-width:3}.promise .head{fill:var(--warn)}
.promise text{fill:var(--warn);font-weight:600}.fatal line.msg{stroke:var(--bad);stroke-width:2.6}
.fatal .head,.fatal .note{fill:var(--bad)}.fatal text{fill:var(--bad);font-weight:600}
.promise text.tick,.fatal text.tick{fill:var(--mute);font-weight:400}
.skipped text{fill:var(--mute);font-style:italic}
table{border-collapse:collapse;width:100%}caption{text-align:left;color:var(--mute);padding:4px 0}
th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;color:var(--mute);font-size:13px}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
b.no{color:var(--bad)}b.yes{color:var(--ok)}b.maybe{color:var(--warn)}
pre{margin:0;padding:12px;background:var(--card);border:1px solid var(--line);border-radius:6px;
overflow-x:auto;font:13px/1.6 ui-monospace,monospace}
pre .sub{user-select:none}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:0}
dl+.card{margin-top:12px}
dt{color:var(--mute)}dd{margin:0;overflow-wrap:anywhere}
details{margin:8px 0 0}summary{cursor:pointer;color:var(--mute)}
.legend{color:var(--mute);font-size:13px;display:flex;flex-wrap:wrap;gap:2px 18px;margin:8px 0 0}
.two{display:grid;grid-template-columns:1fr 1fr;gap:20px}.two>*{min-width:0}
@media(max-width:760px){.card table,.card tbody,.card tr,.card td,.card th{display:block}
.card th[scope=col]{display:none}.card th{padding:0}
.card tr+tr{border-bottom:1px solid var(--line);padding:8px 0}
.card tr:last-child{border-bottom:0}
.card td{border-bottom:0;padding:1px 0;overflow-wrap:anywhere}
.card td.n{text-align:left;white-space:normal}
.card td[data-of]::before{content:attr(data-of) ": ";color:var(--mute);font-size:13px}
pre{white-space:pre-wrap;overflow-wrap:anywhere}}
@media(max-width:760px){.two{grid-template-columns:1fr;gap:0}.verdict h1{font-size:17px}
main{padding:12px 12px 40px}dl{grid-template-columns:1fr}dt{margin-top:6px}}
@media print{nav,.skip{display:none}.card{break-inside:avoid}}
)css";

}  // namespace

std::string_view style_sheet() { return sheet; }

}  // namespace storm::report
