//! `--env-file`: everything another process needs to use this Azure, as dotenv.

use std::{collections::BTreeMap, fs, io, path::Path};

use local_azure::azure::LocalAzure;

/// Names under which other languages' HTTP clients look for a CA file.
const CA_FILE_NAMES: [&str; 2] = ["REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];

/// Writes the variables of `azure` and the app settings of its function app to `file`, readable by its owner alone.
pub(super) fn write(file: &Path, azure: &LocalAzure) -> io::Result<()> {
    let text: String = variables(azure).iter().map(|(name, value)| format!("{name}={}\n", quoted(value))).collect();
    write_private(file, &text)
}

fn variables(azure: &LocalAzure) -> BTreeMap<String, String> {
    let seed = &azure.world().seed;
    let mut variables = seed.function_app.settings.clone();
    variables.insert("AZURE_TENANT_ID".to_owned(), seed.tenant.id.to_string());
    // For a client that has no IDENTITY_ENDPOINT, as on a virtual machine.
    variables.insert("AZURE_POD_IDENTITY_AUTHORITY_HOST".to_owned(), azure.imds_authority().to_owned());
    for (name, value) in azure.environment() {
        if name == "SSL_CERT_FILE" {
            variables.extend(CA_FILE_NAMES.map(|other| (other.to_owned(), value.clone())));
        }
        variables.insert(name, value);
    }
    variables
}

/// Single quotes keep every character as it is, for shells and for dotenv readers alike.
pub(super) fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// The identity header is a credential of this run.
fn write_private(file: &Path, text: &str) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
        let options = &mut fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600).open(file)?.write_all(text.as_bytes())
    }
    #[cfg(not(unix))]
    fs::write(file, text)
}
