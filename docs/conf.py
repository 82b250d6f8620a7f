"""Settings of Sphinx for the site that `docs/site.py` builds."""

from __future__ import annotations

project = "Rulemint"
html_title = "Rulemint"
extensions = ["myst_parser"]
myst_heading_anchors = 6
myst_links_external_new_tab = False
html_static_path = ["_static"]
html_css_files = ["inline.css"]  # docs/site.py fills it: a page has no style attribute
html_theme = "furo"
html_copy_source = False
html_use_index = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "announcement": 'Every call, with the address of this system: <a href="/docs/api">API reference</a>',
    "top_of_page_buttons": [],
}
html_permalinks_icon = "#"
highlight_language = "none"
suppress_warnings = ["myst.header"]  # a long page of facts skips a level
language = "en"
