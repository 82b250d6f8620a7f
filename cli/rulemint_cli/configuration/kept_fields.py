"""The names of Auth0's fields that the management API keeps without effect; a test compares them with its own."""

from __future__ import annotations

SETTINGS = frozenset(
    """
    friendly_name picture_url support_email support_url default_directory default_redirection_uri
    allowed_logout_urls enabled_locales acr_values_supported change_password guardian_mfa_page error_page
    device_flow default_token_quota flags security_headers session_cookie sessions oidc_logout mtls
    country_codes session_lifetime session_lifetime_in_minutes idle_session_lifetime
    idle_session_lifetime_in_minutes ephemeral_session_lifetime ephemeral_session_lifetime_in_minutes
    idle_ephemeral_session_lifetime idle_ephemeral_session_lifetime_in_minutes sandbox_version
    legacy_sandbox_version customize_mfa_in_postlogin_action allow_organization_name_in_authentication_api
    pushed_authorization_requests_supported authorization_response_iss_parameter_supported
    skip_non_verifiable_callback_uri_confirmation_prompt resource_parameter_profile
    client_id_metadata_document_supported enable_ai_guide phone_consolidated_experience
    include_session_metadata_in_tenant_logs dynamic_client_registration_security_mode
    """.split()
)
RESOURCE_SERVER = frozenset(
    """
    allow_offline_access allow_online_access allow_online_access_with_ephemeral_sessions
    skip_consent_for_verifiable_first_party_clients token_lifetime_for_web token_dialect enforce_policies
    token_encryption consent_policy authorization_details proof_of_possession authorization_policy
    subject_type_authorization
    """.split()
)
CLIENT = frozenset(
    """
    app_type logo_uri is_first_party oidc_conformant callbacks allowed_origins web_origins client_aliases
    allowed_clients allowed_logout_urls oidc_logout oidc_backchannel_logout session_transfer
    is_token_endpoint_ip_header_trusted jwt_configuration encryption_key sso sso_disabled cross_origin_auth
    cross_origin_authentication cross_origin_loc custom_login_page_on custom_login_page
    custom_login_page_preview form_template addons mobile initiate_login_uri native_social_login fedcm_login
    refresh_token default_organization organization_usage organization_require_behavior
    organization_discovery_methods client_authentication_methods require_pushed_authorization_requests
    require_proof_of_possession signed_request_object token_vault_privileged_access compliance_level
    skip_non_verifiable_callback_uri_confirmation_prompt token_exchange par_request_expiry token_quota
    resource_server_identifier third_party_security_mode redirection_policy express_configuration
    my_organization_configuration async_approval_notification_channels
    """.split()
)
CLIENT_GRANT = frozenset(("organization_usage", "allow_any_organization", "authorization_details_types"))

REFUSED = frozenset(("client_authentication_methods", "require_proof_of_possession", "token_encryption"))
"""Known, and refused by the management API: they would promise a protection that is not there."""
