"""The style and the script of the API reference. Without the script the page has all of its text, but no search."""

from __future__ import annotations

from rulemint_gateway.web.http.html_pages import Look

_STYLE = """
body { display: grid; gap: 0 2rem; grid-template-columns: 18rem minmax(0, 1fr); margin: 0; max-width: 90rem; }
aside { align-self: start; box-sizing: border-box; max-height: 100vh; overflow-y: auto; padding: 1rem 0;
  position: sticky; top: 0; }
aside input { box-sizing: border-box; font: inherit; padding: .3rem .5rem; width: 100%; }
aside ul { list-style: none; margin: 0; padding: 0 0 0 .8rem; }
aside li a { display: block; margin: 0; padding: .1rem 0; text-decoration: none; }
aside small { font: 11px/1 ui-monospace, monospace; opacity: .7; }
section { padding-bottom: 1rem; scroll-margin-top: 1rem; }
section:target h3 { background: #ff02; }
[hidden] { display: none !important; }
@media (max-width: 50rem) { body { display: block; padding: 1rem; } aside { max-height: none; position: static; } }
"""
_SCRIPT = """
const box = document.getElementById("search"), none = document.getElementById("nothing");
const entries = [...document.querySelectorAll("aside li")].map((entry) => {
  const section = document.getElementById(entry.firstElementChild.hash.slice(1));
  return { entry, section, text: section.textContent.toLowerCase() };
});
box.parentElement.hidden = false;
box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let found = 0;
  for (const { entry, section, text } of entries) {
    entry.hidden = section.hidden = !words.every((word) => text.includes(word));
    found += !entry.hidden;
  }
  for (const group of document.querySelectorAll("aside details, main > div")) {
    group.hidden = !group.querySelector("li:not([hidden]), section:not([hidden])");
    if (group.open !== undefined) group.open = words.length > 0;
  }
  none.hidden = found > 0;
});
box.value = new URLSearchParams(location.search).get("q") ?? "";
if (box.value) box.dispatchEvent(new Event("input"));
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && event.target !== box) { event.preventDefault(); box.focus(); }
  if (event.key === "Escape" && event.target === box) { box.value = ""; box.dispatchEvent(new Event("input")); }
});
"""
REFERENCE = Look(style=_STYLE, script=_SCRIPT)
