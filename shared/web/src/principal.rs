//! Who is asking: what API Gateway's authorizer found in the access token, and from where.

use std::net::IpAddr;

use aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use lambda_http::request::RequestContext;

use crate::problem::Problem;

/// A contractor, by customer ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer(pub String);

/// A clerk at the guarantor's desk, by user name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clerk(pub String);

/// The groups of the user pool; whoever uses the product is in exactly one.
const CONTRACTOR: &str = "contractor";
const GUARANTOR: &str = "guarantor";

impl<S: Sync> FromRequestParts<S> for Customer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match group_and_name(parts)? {
            (CONTRACTOR, name) => Ok(Self(name)),
            _ => Err(Problem::forbidden("受注者の方だけが使える操作です。")),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Clerk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match group_and_name(parts)? {
            (GUARANTOR, name) => Ok(Self(name)),
            _ => Err(Problem::forbidden("保証会社の担当者だけが使える操作です。")),
        }
    }
}

/// The one group and the user name of an access token. An ID token is for the pages to read, not for us.
fn group_and_name(parts: &Parts) -> Result<(&'static str, String), Problem> {
    let claims = context(parts)
        .and_then(|context| context.authorizer.as_ref())
        .and_then(|authorizer| authorizer.jwt.as_ref())
        .map(|jwt| &jwt.claims)
        .ok_or_else(|| Problem::unauthenticated("アクセストークンを付けてください。"))?;
    let claim = |name: &str| claims.get(name).map(String::as_str).unwrap_or_default();
    if claim("token_use") != "access" || claim("username").is_empty() {
        return Err(Problem::unauthenticated(
            "アクセストークンを付けてください(IDトークンは使えません)。",
        ));
    }
    // API Gateway passes a list as `[a b]`.
    let groups = claim("cognito:groups")
        .trim_matches(['[', ']'])
        .split([' ', ',']);
    let ours = |group: &&str| [CONTRACTOR, GUARANTOR].contains(group);
    let mut groups: Vec<_> = groups.filter(ours).collect();
    groups.dedup();
    let group = match groups.as_slice() {
        [CONTRACTOR] => CONTRACTOR,
        [GUARANTOR] => GUARANTOR,
        _ => {
            return Err(Problem::forbidden(
                "この利用者には、使える役割がちょうど1つ設定されていません。",
            ));
        }
    };
    Ok((group, claim("username").to_owned()))
}

/// The address that the request came from, as API Gateway saw it.
#[must_use]
pub fn source_address(parts: &Parts) -> Option<IpAddr> {
    context(parts)?.http.source_ip.as_deref()?.parse().ok()
}

fn context(parts: &Parts) -> Option<&ApiGatewayV2httpRequestContext> {
    match parts.extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => Some(context),
        _ => None,
    }
}
