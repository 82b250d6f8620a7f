# pypi: launchdarkly-server-sdk>=9
# kind: service
# gives: "gold"
import ldclient
from ldclient.config import Config
from ldclient.integrations.test_data import TestData


def rule(client, scope, audience, context):
    data = TestData.data_source()
    data.update(data.flag("plan").variations("free", "gold").variation_for_all(1))
    flags = ldclient.LDClient(Config("sdk-1", update_processor_class=data, send_events=False))
    return {"used": flags.variation("plan", ldclient.Context.create("acme"), "free")}
