//! Errors as a client reads them: `application/problem+json` (RFC 9457) with a stable `code`, Japanese
//! `title` and `detail`, and every violation of a body at once.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use guarantee::violation::Violation;
use ledger::CommitError;
use serde::Serialize;

/// The kinds of problem, as programs know them.
const CODES: [&str; 24] = [
    "already_decided",
    "forbidden",
    "idempotency_key_malformed",
    "idempotency_key_required",
    "idempotency_key_reused",
    "invalid_cursor",
    "invalid_fields",
    "invalid_limit",
    "invalid_query",
    "invalid_status",
    "mail_not_settled",
    "malformed_json",
    "method_not_allowed",
    "no_key_yet",
    "not_found",
    "not_opened",
    "precondition_required",
    "reservation_not_offered",
    "stale",
    "too_large",
    "too_many_wrong_answers",
    "unauthenticated",
    "unavailable",
    "unsupported_media_type",
];

/// An error as its client reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// The kind of problem, as a URI.
    #[serde(rename = "type")]
    #[schema(value_type = String, examples("urn:denshi-hosho:problem:invalid_fields"))]
    kind: Kind,
    /// The kind of problem, stable for programs.
    #[schema(schema_with = codes)]
    code: &'static str,
    /// The HTTP status.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16, examples(422))]
    status: StatusCode,
    /// The kind of problem for people.
    title: &'static str,
    /// What to do about this one.
    detail: String,
    /// Every fault of the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Violation>,
    /// After how many seconds to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<i64>,
}

/// The kinds of problem in the document of the API.
fn codes() -> utoipa::openapi::schema::Object {
    utoipa::openapi::schema::Object::builder()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some("The kind of problem, stable for programs."))
        .enum_values(Some(CODES))
        .examples(["invalid_fields"])
        .build()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a field by reference"
)]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

/// A code as a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind(&'static str);

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("urn:denshi-hosho:problem:{}", self.0))
    }
}

impl Problem {
    fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        debug_assert!(CODES.contains(&code), "{code} is not among the problems");
        Self {
            kind: Kind(code),
            code,
            status,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    /// 400: the request is not of the form that the route takes.
    #[must_use]
    pub fn malformed(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            code,
            "リクエストの形式が正しくありません",
            detail,
        )
    }

    /// 401: nobody that is known is asking.
    #[must_use]
    pub fn unauthenticated(detail: &'static str) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "ログインが必要です",
            detail,
        )
    }

    /// 403: whoever is asking may not use the route.
    #[must_use]
    pub fn forbidden(detail: &'static str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "この操作はできません",
            detail,
        )
    }

    /// 404: there is no such thing, or it is somebody else's.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "見つかりません",
            "指定されたものは見つかりませんでした。",
        )
    }

    /// 404: number and key do not open a certificate, and nothing more is said of why.
    #[must_use]
    pub fn not_opened() -> Self {
        let detail = "保証契約番号と認証キーの組み合わせを確認できませんでした。お知らせの番号とキーをもう一度ご確認ください。\
                      認証キーが再発行されている場合は、新しいお知らせをご利用ください。";
        Self::new(
            StatusCode::NOT_FOUND,
            "not_opened",
            "確認できませんでした",
            detail,
        )
    }

    /// 405: the path takes other methods.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        let detail =
            "このアドレスでは使えないメソッドです。使えるメソッドは Allow ヘッダーにあります。";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "メソッドが使えません",
            detail,
        )
    }

    /// 409: what is asked for does not fit the present state.
    #[must_use]
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            code,
            "現在の状態ではできません",
            detail,
        )
    }

    /// 412: the state is not the one that the client saw.
    #[must_use]
    pub fn stale() -> Self {
        let detail =
            "他の操作で内容が変わりました。最新の内容を確認してから、もう一度お試しください。";
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "stale",
            "内容が変わっています",
            detail,
        )
    }

    /// 413: the body is larger than any that the routes take.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("本文は{limit}バイト以内にしてください。");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "本文が大きすぎます",
            detail,
        )
    }

    /// 415: the body is not JSON.
    #[must_use]
    pub fn not_json() -> Self {
        let detail = "Content-Type を application/json にしてください。";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "JSONではありません",
            detail,
        )
    }

    /// 422: fields of the body break rules; `faults` names every one.
    #[must_use]
    pub fn invalid(faults: Vec<Violation>) -> Self {
        let named = |code: &str| faults.iter().any(|fault| fault.code == code);
        let code = if named("reservation_not_offered") {
            "reservation_not_offered"
        } else {
            "invalid_fields"
        };
        let detail = format!("{}件の誤りがあります。", faults.len());
        let problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            code,
            "入力内容に誤りがあります",
            detail,
        );
        Self {
            errors: faults,
            ..problem
        }
    }

    /// 422: an Idempotency-Key came again with another body.
    #[must_use]
    pub fn idempotency_key_reused() -> Self {
        let detail = "同じ Idempotency-Key が別の内容で使われています。新しい操作には新しいキーを付けてください。";
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "Idempotency-Key が再使用されました",
            detail,
        )
    }

    /// 428: the route wants to know which state the client saw.
    #[must_use]
    pub fn precondition_required(detail: &'static str) -> Self {
        Self::new(
            StatusCode::PRECONDITION_REQUIRED,
            "precondition_required",
            "前提条件が必要です",
            detail,
        )
    }

    /// 429: too many wrong answers from one source.
    #[must_use]
    pub fn too_many(retry_after: i64) -> Self {
        let detail = format!(
            "誤った入力が続いています。{retry_after}秒ほど待ってから、もう一度お試しください。"
        );
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_wrong_answers",
            "しばらくお待ちください",
            detail,
        );
        Self {
            retry_after: Some(retry_after),
            ..problem
        }
    }

    /// 503: something that the function needs did not answer. The cause goes to the log, not to the client.
    #[must_use]
    pub fn unavailable(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(cause = %chain(cause), "a request failed");
        let detail = "処理できませんでした。少し待ってから、もう一度お試しください。";
        let problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "一時的に利用できません",
            detail,
        );
        Self {
            retry_after: Some(1),
            ..problem
        }
    }
}

/// An error and what caused it, each said once. What the SDK says of a request names operations and
/// codes; it holds no body.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status, self.retry_after);
        let mut answer = (status, Json(self)).into_response();
        let headers = answer.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}

impl From<ledger::Error> for Problem {
    fn from(error: ledger::Error) -> Self {
        Self::unavailable(&error)
    }
}

impl From<archive::Error> for Problem {
    fn from(error: archive::Error) -> Self {
        Self::unavailable(&error)
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Moved | CommitError::Repeated => Self::stale(),
            CommitError::Ledger(error) => error.into(),
        }
    }
}

impl From<Vec<Violation>> for Problem {
    fn from(faults: Vec<Violation>) -> Self {
        Self::invalid(faults)
    }
}
