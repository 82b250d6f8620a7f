# pypi: Babel>=2
# kind: text
# gives: ["1.234,50\u00a0\u20ac", "1. Juli 2026"]
from datetime import date

from babel.dates import format_date
from babel.numbers import format_currency


def rule(client, scope, audience, context):
    price = format_currency(1234.5, "EUR", locale="de_DE")
    return {"used": [price, format_date(date(2026, 7, 1), "long", locale="de_DE")]}
