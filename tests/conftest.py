pytest_plugins = ["fixtures.valkey", "fixtures.system", "fixtures.hosts", "fixtures.canaries"]
