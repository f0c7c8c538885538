//! `--env-file`: the variables that another process needs for local-azure, as dotenv.

use std::{collections::BTreeMap, path::Path};

use local_azure::{
    LocalAzure,
    own_file::{self, OwnFileError, Readers, VARIABLES_HEADER, is_variables},
};

/// Refuses a file that `start --env-file` did not write, and one in a folder that is not there.
pub(super) fn check(file: &Path) -> Result<(), OwnFileError> {
    own_file::check(file, is_variables)?;
    own_file::check_folder(file)
}

/// Writes `environment`, one of those of `azure`, and the app settings of its function app to `file`, readable by its owner
/// alone.
pub(super) fn write(file: &Path, azure: &LocalAzure, environment: Vec<(String, String)>) -> Result<(), OwnFileError> {
    let lines = variables(azure, environment).into_iter().map(|(name, value)| format!("{name}={}\n", quoted(&value)));
    let text: String = std::iter::once(VARIABLES_HEADER.to_owned()).chain(lines).collect();
    own_file::write(file, text.as_bytes(), is_variables, Readers::Owner)
}

fn variables(azure: &LocalAzure, environment: Vec<(String, String)>) -> BTreeMap<String, String> {
    let seed = &azure.world().seed();
    let mut variables = seed.function_app.settings.clone();
    variables.insert("AZURE_TENANT_ID".to_owned(), seed.tenant.id.to_string());
    // For a client that has no IDENTITY_ENDPOINT, as on a virtual machine.
    variables.insert("AZURE_POD_IDENTITY_AUTHORITY_HOST".to_owned(), azure.imds_authority().to_owned());
    variables.extend(environment);
    variables
}

/// Single quotes keep every character as it is, for shells and for dotenv readers alike.
pub(super) fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}
