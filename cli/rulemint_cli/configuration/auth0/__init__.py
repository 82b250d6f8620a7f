"""What npm ``auth0-deploy-cli`` exports, as a configuration of ours."""
