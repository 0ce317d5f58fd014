//! S3: s3s with its file system, which checks signatures and presigned addresses, and the rights of
//! the signer at the time of use.

use std::sync::Arc;

use axum::body::Body;
use http::{Method, Request, Response, StatusCode, Uri};
use s3s::{
    S3Error, S3ErrorCode, S3Result,
    access::{S3Access, S3AccessContext},
    auth::{S3Auth, SecretKey},
    path::S3Path,
    service::{S3Service, S3ServiceBuilder},
};

use crate::{
    credentials::{Caller, Credentials},
    folder::Folder,
    options::StartError,
    policy::{Access, Rights},
};

/// The archive behind the AWS endpoint.
#[derive(Debug, Clone)]
pub(crate) struct S3 {
    service: S3Service,
    rights: Arc<Rights>,
}

impl S3 {
    /// Opens the archive in the folder and makes its bucket.
    pub(crate) fn open(
        folder: &Folder,
        bucket: &str,
        credentials: Arc<Credentials>,
        rights: Arc<Rights>,
    ) -> Result<Self, StartError> {
        let root = folder.join("s3");
        let unusable = |source: std::io::Error| StartError::Folder {
            path: root.clone(),
            source,
        };
        std::fs::create_dir_all(root.join(bucket)).map_err(unusable)?;
        let files = s3s_fs::FileSystem::new(&root).map_err(|error| StartError::Damaged {
            what: "archive",
            why: format!("{error:?}"),
        })?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(Signers(credentials.clone()));
        service.set_access(SignersRights {
            credentials,
            rights: rights.clone(),
        });
        Ok(Self {
            service: service.build(),
            rights,
        })
    }

    /// Answers a request; `None` where s3s itself would cut the connection.
    pub(crate) async fn answer(
        &self,
        caller: Option<&Caller>,
        request: Request<s3s::Body>,
    ) -> Option<Response<Body>> {
        let bucket = bucket_of(request.uri());
        let answer = self.service.call(request).await.ok()?;
        // Whoever may not list a bucket is not told that an object is missing.
        if answer.status() == StatusCode::NOT_FOUND
            && caller.is_some_and(|caller| !self.may_list(caller, &bucket))
        {
            return Some(access_denied());
        }
        Some(answer.map(Body::new))
    }

    fn may_list(&self, caller: &Caller, bucket: &str) -> bool {
        self.rights.allows(
            caller,
            &Access {
                action: "s3:ListBucket".to_owned(),
                resource: format!("arn:aws:s3:::{bucket}"),
                leading_keys: Vec::new(),
            },
        )
    }
}

struct Signers(Arc<Credentials>);

#[async_trait::async_trait]
impl S3Auth for Signers {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        match self.0.holder(access_key) {
            Some((_, pair)) => Ok(SecretKey::from(pair.secret_access_key.as_str())),
            None => Err(S3Error::with_message(
                S3ErrorCode::InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records.",
            )),
        }
    }
}

struct SignersRights {
    credentials: Arc<Credentials>,
    rights: Arc<Rights>,
}

#[async_trait::async_trait]
impl S3Access for SignersRights {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let caller = context
            .credentials()
            .and_then(|credentials| self.credentials.holder(&credentials.access_key))
            .map(|(caller, _)| caller);
        let Some(caller) = caller else {
            return Err(S3Error::with_message(
                S3ErrorCode::AccessDenied,
                "Access Denied",
            ));
        };
        let access = Access {
            action: format!("s3:{}", action_of(context.s3_op().name())),
            resource: match context.s3_path() {
                S3Path::Root => "*".to_owned(),
                S3Path::Bucket { bucket } => format!("arn:aws:s3:::{bucket}"),
                S3Path::Object { bucket, key } => format!("arn:aws:s3:::{bucket}/{key}"),
            },
            leading_keys: Vec::new(),
        };
        self.rights.decide(&caller, &[access]).map_err(|refused| {
            S3Error::with_message(S3ErrorCode::AccessDenied, refused.to_string())
        })
    }
}

/// The action that an operation needs, where it has another name.
fn action_of(operation: &str) -> &str {
    match operation {
        "HeadObject" => "GetObject",
        "ListObjects" | "ListObjectsV2" | "HeadBucket" => "ListBucket",
        "ListBuckets" => "ListAllMyBuckets",
        "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "PutObject",
        other => other,
    }
}

/// The operation that a request of an object asks for, as far as faults name them.
pub(crate) fn operation_of(method: &Method, uri: &Uri) -> &'static str {
    let of_an_object = uri
        .path()
        .trim_start_matches('/')
        .split_once('/')
        .is_some_and(|(_, key)| !key.is_empty());
    match (method.as_str(), of_an_object) {
        ("GET", true) => "GetObject",
        ("HEAD", true) => "HeadObject",
        ("PUT", true) => "PutObject",
        ("DELETE", true) => "DeleteObject",
        ("GET", false) => "ListObjectsV2",
        _ => "",
    }
}

fn bucket_of(uri: &Uri) -> String {
    uri.path()
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// An error in S3's XML.
pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/xml"),
    );
    response
}

fn access_denied() -> Response<Body> {
    error(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied")
}
