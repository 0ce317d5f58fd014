//! The one HTML page behind every address of the portal, and the headers that fence it in.

use std::sync::Arc;

use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderName, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use web::{Environment, MissingSetting};

use crate::files::Files;

/// The page with the settings of this deployment.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    html: Arc<str>,
    policy: Arc<str>,
}

impl Page {
    /// The page as the environment has it.
    pub(crate) fn of(environment: &Environment, files: &Files) -> Result<Self, MissingSetting> {
        let own = origin(environment.get("PUBLIC_URL")?);
        let login = environment.get("LOGIN_URL")?;
        let html = include_str!("page.html")
            .replace("{login}", &attribute(login))
            .replace("{client}", &attribute(environment.get("CLIENT_ID")?))
            .replace("{modules}", &files.preloads())
            .replace("{assets}", &files.folder());
        Ok(Self {
            html: html.into(),
            policy: policy(own, origin(login)).into(),
        })
    }

    pub(crate) fn shown(&self) -> Response {
        let headers = [
            (CONTENT_SECURITY_POLICY, self.policy.as_ref()),
            (
                HeaderName::from_static("cross-origin-opener-policy"),
                "same-origin",
            ),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                "same-origin",
            ),
            (
                HeaderName::from_static("permissions-policy"),
                "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            ),
        ];
        (headers, Html(self.html.to_string())).into_response()
    }

    /// The same page for an address that has no view; it says so.
    pub(crate) fn not_found(&self) -> Response {
        (StatusCode::NOT_FOUND, self.shown()).into_response()
    }
}

/// Who may be talked to: ourselves, and the issuer's login for tokens. The issuer's discovery document is
/// not asked for: Cognito documents for `/oauth2/token` alone that pages of other origins may read its
/// answer (`Access-Control-Allow-Origin: *`, in its developer guide under "Token endpoint"). Papers are
/// opened in a tab of their own, which is a navigation and needs no permission.
fn policy(own: &str, login: &str) -> String {
    let known = if login == own {
        "'self'".to_owned()
    } else {
        format!("'self' {login}")
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src {known}; form-action {known}; \
         base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// Scheme, host and port of an address.
fn origin(address: &str) -> &str {
    let host = address.find("://").map_or(0, |scheme| scheme + 3);
    let end = address
        .get(host..)
        .and_then(|rest| rest.find('/'))
        .map_or(address.len(), |path| host + path);
    address.get(..end).unwrap_or(address)
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_login_and_nobody_else() {
        let policy = policy(
            "https://hosho.example",
            origin("https://login.example/pool"),
        );
        assert!(policy.contains("connect-src 'self' https://login.example;"));
        assert!(policy.contains("form-action 'self' https://login.example;"));
        assert_eq!(policy.matches("https://").count(), 2, "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'));
    }

    #[test]
    fn a_login_under_our_own_address_is_ourselves() {
        let own = origin("http://127.0.0.1:8787");
        let policy = policy(own, origin("http://127.0.0.1:8787/issuer"));
        assert!(policy.contains("connect-src 'self';") && policy.contains("form-action 'self';"));
    }
}
