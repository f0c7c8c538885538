//! Certificates of the API Management service, and their checks.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Seed, check::unique};

/// A certificate of the service, which policies name with `certificate-id`. Without files, its key and the certificate
/// are made at start.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApimCertificate {
    /// Identifier.
    pub id: String,
    /// Common name of the subject of a certificate made at start; the identifier when it is absent.
    pub common_name: Option<String>,
    /// A PEM file with the certificate, relative to the seed file; see [`Seed::path`].
    pub certificate: Option<PathBuf>,
    /// A PEM file, the same or another, with the certificate's private key in PKCS #8. Checking signatures does not
    /// need the key.
    pub key: Option<PathBuf>,
    /// Whether it is the certificate of an authority: clients and backends whose certificates chain to it are trusted.
    #[serde(default)]
    pub authority: bool,
}

impl Seed {
    pub(super) fn check_certificates(&self, problems: &mut Vec<String>) {
        // Files are named after the IDs, and the file names of some systems ignore the letter case.
        let ids: Vec<_> = self.apim.certificates.iter().map(|one| one.id.to_ascii_lowercase()).collect();
        unique(problems, "certificate", ids.iter().map(String::as_str));
        for ApimCertificate { id, common_name, certificate, key, authority } in &self.apim.certificates {
            let mut problem = |what: &str| problems.push(format!("apim.certificates: \"{id}\" {what}"));
            if !is_identifier(id) {
                problem("needs an id of 1 to 80 letters, digits, hyphens, underscores and dots, no dot first");
            }
            if *authority && certificate.is_none() {
                problem("is an authority and has no file");
            }
            if certificate.is_none() && key.is_some() {
                problem("has a key and no certificate");
            }
            if certificate.is_some() && common_name.is_some() {
                problem("has a file, which says the common name");
            }
            if [certificate, key].into_iter().flatten().any(|file| is_pfx(file)) {
                problem("names a PFX file; make PEM of it: openssl pkcs12 -in FILE.pfx -nodes -out FILE.pem");
            }
        }
    }
}

/// Reports whether the text is an identifier. The rule is narrower than API Management's, whose identifiers may have
/// characters that a file's name should not have.
fn is_identifier(id: &str) -> bool {
    (1..=80).contains(&id.len())
        && !id.starts_with('.')
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn is_pfx(file: &Path) -> bool {
    file.extension().is_some_and(|extension| ["pfx", "p12"].iter().any(|pfx| extension.eq_ignore_ascii_case(pfx)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn certificates_that_cannot_be_are_refused() {
        let mut seed = Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.toml")).unwrap();
        let written: BTreeMap<String, Vec<ApimCertificate>> = toml::from_str(
            r#"
            [[certificates]]
            id = "made.at_start-1"
            common_name = "orders"
            [[certificates]]
            id = "given"
            certificate = "given.pem"
            key = "given.pem"
            [[certificates]]
            id = "Given"
            certificate = "given.PFX"
            [[certificates]]
            id = "../up"
            key = "key.p12"
            [[certificates]]
            id = ""
            certificate = "a.pem"
            common_name = "a"
            "#,
        )
        .unwrap();
        seed.apim.certificates = written["certificates"].clone();
        let identifier = "needs an id of 1 to 80 letters, digits, hyphens, underscores and dots, no dot first";
        let pfx = "names a PFX file; make PEM of it: openssl pkcs12 -in FILE.pfx -nodes -out FILE.pem";
        assert_eq!(
            seed.check(),
            [
                "certificate \"given\" is defined twice".to_owned(),
                format!("apim.certificates: \"Given\" {pfx}"),
                format!("apim.certificates: \"../up\" {identifier}"),
                "apim.certificates: \"../up\" has a key and no certificate".to_owned(),
                format!("apim.certificates: \"../up\" {pfx}"),
                format!("apim.certificates: \"\" {identifier}"),
                "apim.certificates: \"\" has a file, which says the common name".to_owned(),
            ]
        );
    }
}
