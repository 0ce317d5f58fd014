//! The hosted login of the user pool: authorization code with PKCE, a page that asks for customer ID and
//! password, and a cookie that saves asking again, at the paths that Cognito's domain has.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::Body;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, REFERRER_POLICY,
        SET_COOKIE,
    },
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    clock,
    credentials::random,
    issuer::{Issuer, LOGINS, Login},
    mailbox::escaped,
    template::Client,
};

/// How long a code may be exchanged.
const CODE_SECONDS: i64 = 300;
/// How long the page does not ask again, as Cognito has it.
const SESSION_SECONDS: i64 = 3600;
const COOKIE_NAME: &str = "issuer-session";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The hosted login.
pub(crate) struct HostedLogin {
    issuer: Arc<Issuer>,
    /// The codes that wait to be exchanged, each once.
    codes: Mutex<BTreeMap<String, Grant>>,
}

/// What a code stands for.
struct Grant {
    login: &'static Login,
    client: String,
    redirect_uri: String,
    challenge: String,
    expires: i64,
}

/// A request to log somebody in, as its address says it.
struct Asked {
    client: String,
    redirect_uri: String,
    state: String,
    challenge: String,
}

impl HostedLogin {
    pub(crate) fn of(issuer: Arc<Issuer>) -> Self {
        Self {
            issuer,
            codes: Mutex::default(),
        }
    }

    /// `GET /oauth2/authorize`: the page that asks, or straight on where a cookie says who it is.
    pub(crate) fn authorize(&self, query: &str, headers: &HeaderMap) -> Response<Body> {
        match self.asked(query) {
            Err(why) => refused(why),
            Ok(asked) => match self.remembered(headers) {
                Some(login) => self.onward(asked, login),
                None => page(query, None),
            },
        }
    }

    /// `POST /login`: customer ID and password, as the page sends them.
    pub(crate) fn log_in(&self, query: &str, body: &[u8]) -> Response<Body> {
        let asked = match self.asked(query) {
            Ok(asked) => asked,
            Err(why) => return refused(why),
        };
        let sent = fields(body);
        let typed = |name: &str| sent.get(name).map(String::as_str).unwrap_or_default();
        let known = LOGINS.iter().find(|login| {
            login.username == typed("username").trim() && login.password == typed("password")
        });
        let Some(login) = known else {
            return page(query, Some(typed("username")));
        };
        let mut response = self.onward(asked, login);
        let session = self.issuer.session(login.username, SESSION_SECONDS);
        set_cookie(&mut response, &session, SESSION_SECONDS);
        response
    }

    /// `POST /oauth2/token`: a code and its verifier for tokens.
    pub(crate) fn token(&self, body: &[u8]) -> Response<Body> {
        let sent = fields(body);
        let said = |name: &str| sent.get(name).map(String::as_str).unwrap_or_default();
        if said("grant_type") != "authorization_code" {
            return json_answer(
                StatusCode::BAD_REQUEST,
                &json!({ "error": "unsupported_grant_type" }),
            );
        }
        let grant = self
            .codes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(said("code"));
        let verified = URL_SAFE_NO_PAD.encode(Sha256::digest(said("code_verifier")));
        let good = grant.filter(|grant| {
            grant.expires > clock::now().unix_timestamp()
                && grant.client == said("client_id")
                && grant.redirect_uri == said("redirect_uri")
                && grant.challenge == verified
        });
        match good {
            Some(grant) => json_answer(
                StatusCode::OK,
                &self.issuer.code_tokens(grant.login, &grant.client),
            ),
            None => json_answer(
                StatusCode::BAD_REQUEST,
                &json!({ "error": "invalid_grant" }),
            ),
        }
    }

    /// `GET /logout`: forgets the cookie and goes to an address that the client has registered.
    pub(crate) fn log_out(&self, query: &str) -> Response<Body> {
        let sent = fields(query.as_bytes());
        let said = |name: &str| sent.get(name).map(String::as_str).unwrap_or_default();
        let registered = self
            .issuer
            .client(said("client_id"))
            .is_some_and(|client| client.logouts.iter().any(|uri| uri == said("logout_uri")));
        if !registered {
            return refused("logout_uri");
        }
        let mut response = redirect(said("logout_uri"));
        set_cookie(&mut response, "", 0);
        response
    }

    /// What an address asks for. A wrong client or redirect is told to the person, never to the redirect.
    fn asked(&self, query: &str) -> Result<Asked, &'static str> {
        let sent = fields(query.as_bytes());
        let said = |name: &str| sent.get(name).cloned().unwrap_or_default();
        let redirect_uri = said("redirect_uri");
        let registered = |client: &Client| client.callbacks.contains(&redirect_uri);
        let client = self.issuer.client(&said("client_id")).ok_or("client_id")?;
        if !registered(client) {
            return Err("redirect_uri");
        }
        if said("response_type") != "code" {
            return Err("response_type");
        }
        // A browser keeps no secret, so no code goes out without a challenge.
        if said("code_challenge_method") != "S256" || said("code_challenge").len() != 43 {
            return Err("code_challenge");
        }
        Ok(Asked {
            client: client.id.clone(),
            redirect_uri,
            state: said("state"),
            challenge: said("code_challenge"),
        })
    }

    fn remembered(&self, headers: &HeaderMap) -> Option<&'static Login> {
        let cookies = headers.get(COOKIE)?.to_str().ok()?;
        let session = cookies
            .split("; ")
            .find_map(|cookie| cookie.strip_prefix(COOKIE_NAME)?.strip_prefix('='))?;
        self.issuer.login_of_session(session)
    }

    /// Back to the client with a code.
    fn onward(&self, asked: Asked, login: &'static Login) -> Response<Body> {
        let now = clock::now().unix_timestamp();
        let code = random(LETTERS, 32);
        let address = format!(
            "{}?{}",
            asked.redirect_uri,
            form_urlencoded::Serializer::new(String::new())
                .append_pair("code", &code)
                .append_pair("state", &asked.state)
                .finish()
        );
        let grant = Grant {
            login,
            client: asked.client,
            redirect_uri: asked.redirect_uri,
            challenge: asked.challenge,
            expires: now + CODE_SECONDS,
        };
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, grant| grant.expires > now);
        codes.insert(code, grant);
        redirect(&address)
    }
}

fn fields(encoded: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// The words of the page.
struct Words {
    language: &'static str,
    title: &'static str,
    name: &'static str,
    password: &'static str,
    wrong: &'static str,
    demo: &'static str,
    who: &'static str,
    contractor: &'static str,
    guarantor: &'static str,
}

const JAPANESE: Words = Words {
    language: "ja",
    title: "ログイン",
    name: "お客様ID",
    password: "パスワード",
    wrong: "お客様IDまたはパスワードが違います。",
    demo: "お試し用のログイン",
    who: "利用者",
    contractor: "受注者",
    guarantor: "保証会社",
};

const ENGLISH: Words = Words {
    language: "en",
    title: "Log in",
    name: "Customer ID",
    password: "Password",
    wrong: "Customer ID or password is wrong.",
    demo: "Logins to try",
    who: "For",
    contractor: "contractor",
    guarantor: "guarantee company",
};

/// The page that asks for customer ID and password, in the language of the query; with what was typed
/// before where it was wrong.
fn page(query: &str, wrong: Option<&str>) -> Response<Body> {
    let asked = fields(query.as_bytes());
    let words = match asked.get("lang").map(String::as_str) {
        Some("en") => ENGLISH,
        _ => JAPANESE,
    };
    let fault = if wrong.is_some() {
        format!("<p id=\"fault\" role=\"alert\">{}</p>", words.wrong)
    } else {
        String::new()
    };
    let described = if wrong.is_some() {
        " aria-invalid=\"true\" aria-describedby=\"fault\""
    } else {
        ""
    };
    let demo: String = LOGINS
        .iter()
        .map(|login| {
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                login.username,
                login.password,
                if login.group == "guarantor" {
                    words.guarantor
                } else {
                    words.contractor
                }
            )
        })
        .collect();
    let Words {
        language,
        title,
        name,
        password,
        demo: to_try,
        who,
        ..
    } = words;
    let body = format!(
        "<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style>\
         <main><h1>{title}</h1>{fault}\
         <form method=\"post\" action=\"/issuer/login?{query}\">\
         <label for=\"username\">{name}</label>\
         <input id=\"username\" name=\"username\" autocomplete=\"username\" autocapitalize=\"none\" required value=\"{typed}\"{described}>\
         <label for=\"password\">{password}</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required{described}>\
         <button>{title}</button></form>\
         <h2>{to_try}</h2><table><thead><tr><th scope=\"col\">{name}</th><th scope=\"col\">{password}</th>\
         <th scope=\"col\">{who}</th></tr></thead><tbody>{demo}</tbody></table></main></html>",
        query = escaped(query),
        typed = escaped(wrong.unwrap_or_default()),
    );
    html(StatusCode::OK, body)
}

const STYLE: &str = "body{margin:0;background:#f4f6f9;color:#1a1a1c;font:1rem/1.7 'Noto Sans JP','Noto Sans CJK JP','Hiragino Sans',Meiryo,sans-serif}\
    main{max-width:26rem;margin:3rem auto;padding:2rem 1.5rem;background:#fff;border:1px solid #d0d5dd;border-radius:.75rem}\
    h1{margin:0 0 1rem;font-size:1.5rem}h2{margin:2.5rem 0 .5rem;font-size:1rem}label{display:block;margin:1rem 0 .25rem;font-weight:700}\
    input{box-sizing:border-box;width:100%;min-height:3rem;padding:.5rem .75rem;border:1px solid #626264;border-radius:.5rem;font:inherit}\
    button{width:100%;min-height:3.25rem;margin-top:1.5rem;border:0;border-radius:.5rem;background:#0017c1;color:#fff;font:inherit;font-weight:700;cursor:pointer}\
    :focus-visible{outline:4px solid #000;outline-offset:2px;box-shadow:0 0 0 2px #ffd43d}#fault{padding:.75rem;border-left:.5rem solid #ce0000;background:#fff0f0;color:#ce0000}\
    table{width:100%;border-collapse:collapse;font-size:.875rem}td,th{padding:.25rem;border-bottom:1px solid #d0d5dd;text-align:left}";

/// What went wrong before anybody could be asked.
fn refused(what: &str) -> Response<Body> {
    let body = format!(
        "<!doctype html><html lang=\"ja\"><meta charset=\"utf-8\"><title>ログインできません</title>\
         <h1>ログインできません</h1><p>ログインの要求に誤りがあります: {}</p></html>",
        escaped(what)
    );
    html(StatusCode::BAD_REQUEST, body)
}

fn html(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn redirect(address: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(address) = HeaderValue::from_str(address) {
        response.headers_mut().insert(LOCATION, address);
    }
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}

fn set_cookie(response: &mut Response<Body>, value: &str, seconds: i64) {
    let cookie =
        format!("{COOKIE_NAME}={value}; Path=/issuer; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "a-verifier-that-is-long-enough-for-anybody-0123456789";
    const CALLBACK: &str = "http://127.0.0.1:8787/callback";

    fn login() -> HostedLogin {
        let client = Client {
            id: "portal".to_owned(),
            passwords: false,
            refreshes: true,
            callbacks: vec![CALLBACK.to_owned()],
            logouts: vec!["http://127.0.0.1:8787/".to_owned()],
        };
        let url = "http://127.0.0.1:8787/issuer".to_owned();
        HostedLogin::of(Arc::new(Issuer::open(None, url, vec![client]).unwrap()))
    }

    fn query(redirect_uri: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", "portal")
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", "s&1")
            .append_pair("code_challenge_method", "S256")
            .append_pair("code_challenge", &challenge)
            .finish()
    }

    fn address(response: &Response<Body>) -> BTreeMap<String, String> {
        let (to, query) = response.headers()[LOCATION]
            .to_str()
            .unwrap()
            .split_once('?')
            .unwrap();
        assert_eq!(to, CALLBACK);
        fields(query.as_bytes())
    }

    fn exchange(login: &HostedLogin, code: &str, verifier: &str) -> StatusCode {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("client_id", "portal")
            .append_pair("redirect_uri", CALLBACK)
            .append_pair("code", code)
            .append_pair("code_verifier", verifier)
            .finish();
        login.token(body.as_bytes()).status()
    }

    #[test]
    fn a_code_is_exchanged_once_and_only_with_its_verifier() {
        let login = login();
        let credentials = b"username=C-100001&password=Contractor-100001";
        let code = || {
            let went_on = login.log_in(&query(CALLBACK), credentials);
            let address = address(&went_on);
            assert_eq!(address["state"], "s&1");
            address["code"].clone()
        };
        let (stolen, good) = (code(), code());
        assert_eq!(exchange(&login, &stolen, "another"), 400);
        assert_eq!(
            exchange(&login, &stolen, VERIFIER),
            400,
            "a wrong try ends it"
        );
        assert_eq!(exchange(&login, &good, VERIFIER), 200);
        assert_eq!(exchange(&login, &good, VERIFIER), 400);
    }

    #[test]
    fn the_cookie_saves_asking_again_and_nobody_elses_does() {
        let login = login();
        let first = login.log_in(
            &query(CALLBACK),
            b"username=G-000001&password=Guarantor-000001",
        );
        let cookie = first.headers()[SET_COOKIE].to_str().unwrap();
        let mut headers = HeaderMap::new();
        let kept = cookie.split(';').next().unwrap();
        headers.insert(COOKIE, HeaderValue::from_str(kept).unwrap());
        assert_eq!(login.authorize(&query(CALLBACK), &headers).status(), 303);
        headers.insert(
            COOKIE,
            HeaderValue::from_static("issuer-session=made.up.one"),
        );
        assert_eq!(login.authorize(&query(CALLBACK), &headers).status(), 200);
    }

    #[test]
    fn nobody_is_sent_to_an_address_that_is_not_registered() {
        let login = login();
        let foreign = query("https://elsewhere.example/callback");
        assert_eq!(login.authorize(&foreign, &HeaderMap::new()).status(), 400);
        assert_eq!(login.log_in(&foreign, b"").status(), 400);
        assert_eq!(
            login
                .log_out("client_id=portal&logout_uri=https://elsewhere.example/")
                .status(),
            400
        );
        let wrong = login.log_in(&query(CALLBACK), b"username=C-100001&password=no");
        assert_eq!(wrong.status(), 200);
        assert!(!wrong.headers().contains_key(SET_COOKIE));
    }
}
