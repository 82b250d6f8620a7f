# pypi: beautifulsoup4>=4
# kind: text
# gives: "gold"
from bs4 import BeautifulSoup


def rule(client, scope, audience, context):
    return {"used": BeautifulSoup("<ul><li>free<li class=now>gold</ul>", "html.parser").select_one("li.now").text}
