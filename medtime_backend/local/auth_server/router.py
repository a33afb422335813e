"""All endpoints below /auth/v1."""

from __future__ import annotations

from litestar import Router

from medtime_backend.local.auth_server import admin_routes, errors, provider_routes, routes
from medtime_backend.local.web_processes import AUTH_PATH

router = Router(
    AUTH_PATH,
    route_handlers=[
        *(routes.signup, routes.token, routes.user, routes.logout, routes.jwks, routes.health),
        *(provider_routes.issuer_keys, provider_routes.issue_id_token, provider_routes.rotate_signing_key),
        provider_routes.authorize,
        *(admin_routes.create_user, admin_routes.list_users, admin_routes.show_user, admin_routes.delete_user),
    ],
    exception_handlers={
        errors.AuthError: errors.answer_auth_error,
        errors.OAuthError: errors.answer_oauth_error,
    },
)
