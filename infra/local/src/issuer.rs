//! The user pool: demo users, `InitiateAuth`, and tokens such as Cognito makes, with discovery and JWKS.
//! Its login page is in `login`.

use std::{collections::BTreeMap, sync::OnceLock};

use axum::body::Body;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rsa::{
    RsaPrivateKey,
    pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, LineEnding},
    traits::PublicKeyParts,
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{
    clock,
    credentials::random,
    folder::Folder,
    json::{at, text_at},
    options::StartError,
    template::{Authorizer, Client},
};

/// The header of a token's target for the service, before the operation.
pub(crate) const TARGET: &str = "AWSCognitoIdentityProviderService.";

/// How long an access token lives.
const ACCESS_TOKEN_SECONDS: i64 = 3600;
/// How long a refresh token lives.
const REFRESH_TOKEN_SECONDS: i64 = 12 * 3600;

/// A demo user.
#[derive(Debug, Clone)]
pub struct Login {
    /// The customer ID.
    pub username: &'static str,
    /// The password.
    pub password: &'static str,
    /// The group of the user pool.
    pub group: &'static str,
}

/// The demo users: two contractors and the guarantor's clerk.
pub const LOGINS: [Login; 3] = [
    Login {
        username: "C-100001",
        password: "Contractor-100001",
        group: "contractor",
    },
    Login {
        username: "C-100002",
        password: "Contractor-100002",
        group: "contractor",
    },
    Login {
        username: "G-000001",
        password: "Guarantor-000001",
        group: "guarantor",
    },
];

/// A token to be made out for a test.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// The customer ID.
    pub username: String,
    /// The groups, in order.
    pub groups: Vec<String>,
    /// Seconds until it expires; below zero for one that has.
    pub expires_in: i64,
    /// `access` or `id`.
    pub token_use: String,
    /// The client it is made out for; none for the scripts' client.
    pub client_id: Option<String>,
}

impl TokenRequest {
    /// An ordinary access token of a user in one group.
    #[must_use]
    pub fn access(username: &str, group: &str) -> Self {
        Self {
            username: username.to_owned(),
            groups: vec![group.to_owned()],
            expires_in: ACCESS_TOKEN_SECONDS,
            token_use: "access".to_owned(),
            client_id: None,
        }
    }
}

/// The issuer of tokens.
pub(crate) struct Issuer {
    url: String,
    key_id: String,
    signing: EncodingKey,
    checking: DecodingKey,
    modulus: String,
    exponent: String,
    clients: Vec<Client>,
}

impl Issuer {
    const FILE: &'static str = "issuer.pem";

    /// The issuer with the key of the folder, or with one that all forgetful clouds of a process share:
    /// making one takes longer than all the rest of their start.
    pub(crate) fn open(
        folder: Option<&Folder>,
        url: String,
        clients: Vec<Client>,
    ) -> Result<Self, StartError> {
        let damaged = |why: String| StartError::Damaged {
            what: "key of the issuer",
            why,
        };
        let key = match folder {
            None => {
                static SHARED: OnceLock<String> = OnceLock::new();
                SHARED.get_or_init(|| new_key().unwrap_or_default()).clone()
            }
            Some(folder) => match folder
                .read(Self::FILE)
                .map_err(|error| damaged(error.to_string()))?
            {
                Some(kept) => {
                    String::from_utf8(kept).map_err(|error| damaged(error.to_string()))?
                }
                None => {
                    let key = new_key().map_err(|error| damaged(error.to_string()))?;
                    folder.write(Self::FILE, key.as_bytes()).map_err(|source| {
                        StartError::Folder {
                            path: folder.join(Self::FILE),
                            source,
                        }
                    })?;
                    key
                }
            },
        };
        let private =
            RsaPrivateKey::from_pkcs1_pem(&key).map_err(|error| damaged(error.to_string()))?;
        let signing = EncodingKey::from_rsa_pem(key.as_bytes())
            .map_err(|error| damaged(error.to_string()))?;
        let (modulus, exponent) = (private.n().to_bytes_be(), private.e().to_bytes_be());
        Ok(Self {
            url,
            key_id: URL_SAFE_NO_PAD.encode(Sha256::digest(&modulus)),
            signing,
            checking: DecodingKey::from_rsa_raw_components(&modulus, &exponent),
            modulus: URL_SAFE_NO_PAD.encode(modulus),
            exponent: URL_SAFE_NO_PAD.encode(exponent),
            clients,
        })
    }

    /// The client that may sign in with a password, for `/local.json`.
    pub(crate) fn scripts_client(&self) -> &str {
        self.clients
            .iter()
            .find(|client| client.passwords)
            .map_or("", |client| client.id.as_str())
    }

    /// A client of the user pool.
    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// `/.well-known/openid-configuration`.
    pub(crate) fn discovery(&self) -> Value {
        json!({
            "issuer": self.url,
            "authorization_endpoint": format!("{}/oauth2/authorize", self.url),
            "token_endpoint": format!("{}/oauth2/token", self.url),
            "end_session_endpoint": format!("{}/logout", self.url),
            "jwks_uri": format!("{}/.well-known/jwks.json", self.url),
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "scopes_supported": ["openid"],
            "subject_types_supported": ["public"],
        })
    }

    /// `/.well-known/jwks.json`.
    pub(crate) fn keys(&self) -> Value {
        json!({ "keys": [{
            "alg": "RS256", "kty": "RSA", "use": "sig",
            "kid": self.key_id, "n": self.modulus, "e": self.exponent,
        }] })
    }

    /// Makes a token as Cognito would for this user.
    pub(crate) fn token(&self, wanted: &TokenRequest) -> String {
        let now = clock::now().unix_timestamp();
        let client = wanted
            .client_id
            .clone()
            .unwrap_or_else(|| self.scripts_client().to_owned());
        let mut claims = Map::from_iter(
            [
                ("sub", json!(subject(&wanted.username))),
                ("iss", json!(self.url)),
                ("origin_jti", json!(uuid())),
                ("event_id", json!(uuid())),
                ("token_use", json!(wanted.token_use)),
                ("auth_time", json!(now)),
                ("exp", json!(now + wanted.expires_in)),
                ("iat", json!(now)),
                ("jti", json!(uuid())),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        if wanted.token_use == "id" {
            claim("aud", json!(client));
            claim("cognito:username", json!(wanted.username));
        } else {
            claim("client_id", json!(client));
            claim("scope", json!("aws.cognito.signin.user.admin"));
            claim("username", json!(wanted.username));
        }
        if !wanted.groups.is_empty() {
            claim("cognito:groups", json!(wanted.groups));
        }
        self.signed(&Value::Object(claims))
    }

    /// A refresh token: opaque to clients, so here it is signed like the others for another issuer.
    fn refresh_token(&self, username: &str, client: &str) -> String {
        let expires = clock::now().unix_timestamp() + REFRESH_TOKEN_SECONDS;
        self.signed(&json!({ "iss": self.refresh_issuer(), "sub": username, "client": client, "exp": expires }))
    }

    fn refresh_issuer(&self) -> String {
        format!("{}/refresh", self.url)
    }

    /// What the cookie of the hosted login holds: who logged in, signed for another issuer too.
    pub(crate) fn session(&self, username: &str, seconds: i64) -> String {
        let expires = clock::now().unix_timestamp() + seconds;
        self.signed(&json!({ "iss": self.session_issuer(), "sub": username, "exp": expires }))
    }

    /// Who logged in, by such a cookie.
    pub(crate) fn login_of_session(&self, session: &str) -> Option<&'static Login> {
        let claims = self.checked(session).ok()?;
        let lives = claims.get("exp").and_then(Value::as_i64)? > clock::now().unix_timestamp();
        let own = claims.get("iss").and_then(Value::as_str) == Some(&self.session_issuer());
        let username = claims.get("sub").and_then(Value::as_str)?;
        LOGINS
            .iter()
            .find(|login| lives && own && login.username == username)
    }

    fn session_issuer(&self) -> String {
        format!("{}/session", self.url)
    }

    /// The answer of the token endpoint to a good code.
    pub(crate) fn code_tokens(&self, login: &Login, client: &str) -> Value {
        let wanted = TokenRequest {
            client_id: Some(client.to_owned()),
            ..TokenRequest::access(login.username, login.group)
        };
        json!({
            "access_token": self.token(&wanted),
            "id_token": self.token(&TokenRequest { token_use: "id".to_owned(), ..wanted }),
            "refresh_token": self.refresh_token(login.username, client),
            "token_type": "Bearer",
            "expires_in": ACCESS_TOKEN_SECONDS,
        })
    }

    fn signed(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.key_id.clone());
        header.typ = None;
        // It cannot fail with a key that was read.
        jsonwebtoken::encode(&header, claims, &self.signing).unwrap_or_default()
    }

    /// The claims of a token that this authorizer takes, checked as API Gateway does.
    ///
    /// # Errors
    /// Why not, in the words of the `www-authenticate` header.
    pub(crate) fn claims(
        &self,
        token: &str,
        authorizer: &Authorizer,
    ) -> Result<Map<String, Value>, &'static str> {
        let claims = self.checked(token)?;
        if claims.get("iss").and_then(Value::as_str) != Some(&authorizer.issuer) {
            return Err("the token has an invalid issuer");
        }
        // `aud` where there is one, else `client_id`.
        let audience = claims.get("aud").or_else(|| claims.get("client_id"));
        let meant = |client: &Value| {
            client
                .as_str()
                .is_some_and(|client| authorizer.audience.iter().any(|one| one == client))
        };
        let meant = match audience {
            Some(Value::Array(clients)) => clients.iter().any(meant),
            Some(client) => meant(client),
            None => false,
        };
        if !meant {
            return Err("the token has an invalid audience");
        }
        let now = clock::now().unix_timestamp();
        let instant = |name: &str| claims.get(name).and_then(Value::as_i64);
        if instant("exp").is_none_or(|expires| expires <= now) {
            return Err("the token has expired");
        }
        if instant("nbf").is_some_and(|begins| begins > now)
            || instant("iat").is_some_and(|issued| issued > now)
        {
            return Err("the token is not valid yet");
        }
        Ok(claims)
    }

    /// The claims of a token with our signature; nothing else is looked at.
    fn checked(&self, token: &str) -> Result<Map<String, Value>, &'static str> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| "the token is malformed")?;
        if header.alg != Algorithm::RS256 || header.kid.as_ref() != Some(&self.key_id) {
            return Err("the token's key is unknown");
        }
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode::<Map<String, Value>>(token, &self.checking, &validation)
            .map(|token| token.claims)
            .map_err(|_| "the token's signature is invalid")
    }

    /// Answers a request at the AWS endpoint.
    pub(crate) fn answer(&self, operation: &str, body: &[u8]) -> Response<Body> {
        let Ok(request) = serde_json::from_slice::<Value>(body) else {
            return error("SerializationException", "The request is no JSON.");
        };
        match operation {
            "InitiateAuth" => self
                .initiate_auth(&request)
                .unwrap_or_else(|(code, message)| error(code, &message)),
            _ => error("UnknownOperationException", "The operation is unknown."),
        }
    }

    fn initiate_auth(&self, request: &Value) -> Result<Response<Body>, (&'static str, String)> {
        let id = text_at(request, "/ClientId");
        let client = self.client(id).ok_or_else(|| {
            (
                "ResourceNotFoundException",
                format!("User pool client {id} does not exist."),
            )
        })?;
        let parameters: BTreeMap<String, String> =
            serde_json::from_value(at(request, "/AuthParameters").clone()).unwrap_or_default();
        let parameter = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();
        match text_at(request, "/AuthFlow") {
            "USER_PASSWORD_AUTH" if client.passwords => {
                let login = LOGINS
                    .iter()
                    .find(|login| {
                        login.username == parameter("USERNAME")
                            && login.password == parameter("PASSWORD")
                    })
                    // The same for a wrong name and a wrong password.
                    .ok_or_else(|| {
                        (
                            "NotAuthorizedException",
                            "Incorrect username or password.".to_owned(),
                        )
                    })?;
                Ok(self.tokens(login, client, true))
            }
            "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" if client.refreshes => {
                let login = self
                    .refreshed(parameter("REFRESH_TOKEN"), client)
                    .ok_or_else(|| {
                        ("NotAuthorizedException", "Invalid Refresh Token".to_owned())
                    })?;
                Ok(self.tokens(login, client, false))
            }
            flow @ ("USER_PASSWORD_AUTH" | "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN") => Err((
                "InvalidParameterException",
                format!("{flow} flow not enabled for this client"),
            )),
            _ => Err((
                "InvalidParameterException",
                "Auth flow not supported".to_owned(),
            )),
        }
    }

    fn refreshed(&self, token: &str, client: &Client) -> Option<&'static Login> {
        let claims = self.checked(token).ok()?;
        let says =
            |name: &str, value: &str| claims.get(name).and_then(Value::as_str) == Some(value);
        let lives = claims.get("exp").and_then(Value::as_i64)? > clock::now().unix_timestamp();
        let username = claims.get("sub").and_then(Value::as_str)?;
        if !lives || !says("iss", &self.refresh_issuer()) || !says("client", &client.id) {
            return None;
        }
        LOGINS.iter().find(|login| login.username == username)
    }

    fn tokens(&self, login: &Login, client: &Client, with_refresh: bool) -> Response<Body> {
        let wanted = TokenRequest {
            client_id: Some(client.id.clone()),
            ..TokenRequest::access(login.username, login.group)
        };
        let mut result = json!({
            "AccessToken": self.token(&wanted),
            "ExpiresIn": ACCESS_TOKEN_SECONDS,
            "IdToken": self.token(&TokenRequest { token_use: "id".to_owned(), ..wanted }),
            "TokenType": "Bearer",
        });
        if let Some(result) = result.as_object_mut().filter(|_| with_refresh) {
            result.insert(
                "RefreshToken".to_owned(),
                json!(self.refresh_token(login.username, &client.id)),
            );
        }
        answer(
            StatusCode::OK,
            &json!({ "AuthenticationResult": result, "ChallengeParameters": {} }),
        )
    }
}

fn new_key() -> rsa::Result<String> {
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048)?;
    Ok(key.to_pkcs1_pem(LineEnding::LF)?.to_string())
}

/// The same name is the same subject at every start.
fn subject(username: &str) -> String {
    let hash: String = Sha256::digest(username)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    grouped(&hash)
}

fn uuid() -> String {
    grouped(&random(b"0123456789abcdef", 32))
}

fn grouped(hex: &str) -> String {
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

fn error(code: &str, message: &str) -> Response<Body> {
    answer(
        StatusCode::BAD_REQUEST,
        &json!({ "__type": code, "message": message }),
    )
}

fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.1"),
    );
    response
}
