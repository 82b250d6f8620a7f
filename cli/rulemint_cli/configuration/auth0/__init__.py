"""Read an export of npm ``auth0-deploy-cli`` as a configuration of ours."""
