//! Takes the roots that vouch for AWS out of the list that Mozilla keeps.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "lambda")]
    if let Err(reason) = roots::write() {
        println!("cargo::error={reason}");
    }
}

#[cfg(feature = "lambda")]
mod roots {
    use std::fmt::Write as _;
    use std::path::PathBuf;

    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use sha2::{Digest, Sha256};
    use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

    /// Amazon Trust Services: whoever keeps a list of its own should have all five of these in it.
    /// Names and SHA-256 as in <https://www.amazontrust.com/repository/>.
    const AMAZON: [(&str, &str); 5] = [
        (
            "Amazon Root CA 1",
            "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        ),
        (
            "Amazon Root CA 2",
            "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        ),
        (
            "Amazon Root CA 3",
            "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        ),
        (
            "Amazon Root CA 4",
            "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        ),
        (
            "Starfield Services Root Certificate Authority - G2",
            "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
        ),
    ];

    /// Writes them as PEM, as the client of the SDK reads them.
    pub(super) fn write() -> Result<(), String> {
        let mut pem = String::new();
        for (name, sha256) in AMAZON {
            let root = TLS_SERVER_ROOT_CERTS
                .iter()
                .find(|root| hexadecimal(&Sha256::digest(root)) == sha256)
                .ok_or_else(|| format!("Mozilla's list of roots has no {name} any more"))?;
            let _ = writeln!(
                pem,
                "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----",
                STANDARD.encode(root)
            );
        }
        let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
        std::fs::write(PathBuf::from(out).join("amazon.pem"), pem)
            .map_err(|error| format!("the roots cannot be written: {error}"))
    }

    fn hexadecimal(bytes: &[u8]) -> String {
        let mut text = String::new();
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}
