# pypi: google-cloud-storage>=2
# kind: service
# cannot: it needs google-crc32c, which has compiled parts; use its HTTP API with requests
from google.cloud import storage


def rule(client, scope, audience, context):
    return {"used": storage.Client.create_anonymous_client().bucket("b").get_blob("plan").download_as_text()}
