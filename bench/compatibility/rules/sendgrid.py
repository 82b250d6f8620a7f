# pypi: sendgrid>=6
# kind: service
# answers: {"message": "queued"}
# gives: 200
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail


def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    message = Mail(from_email="a@acme.test", to_emails="b@acme.test", subject="a token", plain_text_content="was issued")
    return {"used": SendGridAPIClient("SG.1", host=service).send(message).status_code}
