//! The owner and the issuer of a certificate, as .NET writes them.

use jiff::Timestamp;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
    prelude::FromDer as _,
    x509::X509Name,
};

/// The parts of a certificate that policies look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The owner's name: `CN=…, O=…`, the most specific part first.
    pub subject: String,
    /// The issuer's name in the same form.
    pub issuer: String,
    /// The serial number in upper-case hexadecimal.
    pub serial: String,
    /// The start of the validity.
    pub not_before: Timestamp,
    /// The end of the validity.
    pub not_after: Timestamp,
    /// The common name of the subject.
    pub common_name: Option<String>,
    /// The common name of the issuer.
    pub issuer_common_name: Option<String>,
    /// The host names that the certificate is for.
    pub dns_names: Vec<String>,
    /// The e-mail addresses that the certificate is for.
    pub emails: Vec<String>,
    /// Whether the certificate may sign other certificates.
    pub is_authority: bool,
    pub(crate) signature_algorithm: String,
}

impl CertificateFacts {
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(der).ok()?;
        let mut facts = Self {
            subject: displayed(parsed.subject()),
            issuer: displayed(parsed.issuer()),
            serial: parsed.raw_serial().iter().map(|byte| format!("{byte:02X}")).collect(),
            not_before: Timestamp::from_second(parsed.validity().not_before.timestamp()).ok()?,
            not_after: Timestamp::from_second(parsed.validity().not_after.timestamp()).ok()?,
            common_name: common_name(parsed.subject()),
            issuer_common_name: common_name(parsed.issuer()),
            is_authority: parsed.is_ca(),
            signature_algorithm: parsed.signature_algorithm.algorithm.to_id_string(),
            ..Self::default()
        };
        for extension in parsed.extensions() {
            if let ParsedExtension::SubjectAlternativeName(names) = extension.parsed_extension() {
                for name in &names.general_names {
                    match name {
                        GeneralName::DNSName(name) => facts.dns_names.push((*name).to_owned()),
                        GeneralName::RFC822Name(name) => facts.emails.push((*name).to_owned()),
                        _ => {}
                    }
                }
            }
        }
        Some(facts)
    }

    /// Returns `GetNameInfo(kind, issuer)`. The certificate does not contain the issuer's alternative names.
    pub(crate) fn name_info(&self, kind: i32, issuer: bool) -> String {
        let common = if issuer { &self.issuer_common_name } else { &self.common_name };
        let first = |names: &[String]| if issuer { None } else { names.first().cloned() };
        let found = match kind {
            0 => common.clone(),
            1 => first(&self.emails),
            3 => first(&self.dns_names).or_else(|| common.clone()),
            4 => first(&self.dns_names),
            _ => None,
        };
        found.unwrap_or_default()
    }
}

fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().next().and_then(|one| one.as_str().ok()).map(str::to_owned)
}

/// Returns a name as .NET shows it: the last part of the encoding comes first.
fn displayed(name: &X509Name<'_>) -> String {
    let parts: Vec<_> = name.iter_rdn().collect();
    let shown = parts.into_iter().rev().map(|part| {
        let attributes = part.iter().map(|attribute| {
            let oid = attribute.attr_type().to_id_string();
            let value = attribute
                .as_str()
                .map(str::to_owned)
                .unwrap_or_else(|_| attribute.attr_value().data.iter().map(|byte| format!("{byte:02X}")).collect());
            format!("{}={}", short(&oid), quoted(&value))
        });
        attributes.collect::<Vec<_>>().join(" + ")
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn short(oid: &str) -> String {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "S",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "T",
        "2.5.4.42" => "G",
        "2.5.4.43" => "I",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "E",
        other => return format!("OID.{other}"),
    }
    .to_owned()
}

/// Puts a value in quotes where it holds characters that separate parts.
fn quoted(value: &str) -> String {
    let special = |c: char| matches!(c, ',' | '+' | '=' | '"' | '\n' | '<' | '>' | '#' | ';');
    let blank = value.starts_with(char::is_whitespace) || value.ends_with(char::is_whitespace);
    if value.is_empty() || blank || value.contains(special) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}
