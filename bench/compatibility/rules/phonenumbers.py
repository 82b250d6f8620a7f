# pypi: phonenumbers>=8
# kind: validation
# gives: ["+41 44 668 18 00", true]
import phonenumbers


def rule(client, scope, audience, context):
    number = phonenumbers.parse("044 668 18 00", "CH")
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return {"used": [text, phonenumbers.is_valid_number(number)]}
