//! Who may vouch for AWS when a function calls it.

use aws_smithy_http_client::tls::{TlsContext, TrustStore};

use crate::Environment;

/// The roots of Amazon Trust Services, as PEM. A function speaks to AWS alone, so nobody else may vouch
/// for whom it speaks to; and to read the 140 others that the platform trusts was most of a start.
const AMAZON: &str = include_str!(concat!(env!("OUT_DIR"), "/amazon.pem"));
/// Names the file of those who may vouch instead, as everywhere since OpenSSL.
const OTHER_ROOTS: &str = "SSL_CERT_FILE";

/// Who may vouch for AWS.
pub(crate) fn trusted(environment: &Environment) -> TlsContext {
    let roots = match environment.get(OTHER_ROOTS) {
        // The client reads the file that the variable names, and passes over what it cannot parse.
        Ok(_) => TrustStore::default(),
        Err(_) => TrustStore::empty().with_pem_certificate(AMAZON),
    };
    let context = TlsContext::builder().with_trust_store(roots);
    // The builder refuses nothing of this; if it did, whom the platform trusts.
    context.build().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::process::Command;
    use std::sync::Arc;

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};
    use tokio_rustls::rustls::{RootCertStore, ServerConfig};

    use super::*;
    use crate::lambda::sdk_config;

    /// A table on loopback that speaks TLS and has no item: its endpoint, and the root that vouches for it.
    fn table() -> (String, String) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &root).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                key.serialize_der().try_into().unwrap(),
            )
            .unwrap();
        let tls = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!(
            "https://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                loop {
                    let (connection, _) = listener.accept().await.unwrap();
                    // Whoever does not trust us hangs up.
                    let Ok(mut connection) = tls.accept(connection).await else {
                        continue;
                    };
                    let _ = connection.read(&mut [0; 8192]).await;
                    let answer =
                        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                    let _ = connection.write_all(answer.as_bytes()).await;
                    let _ = connection.shutdown().await;
                }
            });
        });
        (endpoint, root.pem())
    }

    /// What a client that is configured by these settings says to a read.
    fn read(environment: &Environment) -> Result<(), String> {
        let table = aws_sdk_dynamodb::Client::new(&sdk_config(environment).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let key = aws_sdk_dynamodb::types::AttributeValue::S("NOTHING".to_owned());
        let read = table.get_item().table_name("table").key("pk", key).send();
        match runtime.unwrap().block_on(read) {
            Ok(_) => Ok(()),
            Err(error) => Err(crate::chain(&error)),
        }
    }

    fn settings(endpoint: &str) -> [(&str, &str); 4] {
        [
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "ap-northeast-1"),
            ("AWS_ENDPOINT_URL", endpoint),
        ]
    }

    #[test]
    fn all_five_roots_are_whole() {
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(AMAZON.as_bytes()) {
            roots.add(root.unwrap()).unwrap();
        }
        assert_eq!(roots.len(), 5);
    }

    #[test]
    fn whom_amazon_does_not_vouch_for_is_told_nothing() {
        let (endpoint, _) = table();
        let environment =
            settings(&endpoint).map(|(name, value)| (name.to_owned(), value.to_owned()));
        let error = read(&environment.into_iter().collect()).unwrap_err();
        assert!(error.contains("UnknownIssuer"), "{error}");
    }

    /// The variable is one of the process, so a process of its own reads the table.
    #[test]
    fn a_file_of_other_roots_is_trusted_when_it_is_named() {
        let own = Environment::of_process();
        if own.get("AWS_ENDPOINT_URL").is_ok() {
            return read(&own).unwrap();
        }
        let (endpoint, root) = table();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, root).unwrap();
        let read = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "trust::tests::a_file_of_other_roots_is_trusted_when_it_is_named",
            ])
            .envs(settings(&endpoint))
            .env(OTHER_ROOTS, file.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&read.stdout);
        assert!(read.status.success() && said.contains("1 passed"), "{said}");
    }
}
