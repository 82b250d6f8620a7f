# pypi: Babel>=2
# kind: text
# cannot: its data is larger than all packages of a rule may be; use number and date formats of your own
from datetime import date

from babel.dates import format_date
from babel.numbers import format_currency


def rule(client, scope, audience, context):
    price = format_currency(1234.5, "EUR", locale="de_DE")
    return {"used": [price, format_date(date(2026, 7, 1), "long", locale="de_DE")]}
