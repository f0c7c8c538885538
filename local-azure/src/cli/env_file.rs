//! `--env-file`: the variables that another process needs for local-azure, as dotenv.

use std::{collections::BTreeMap, path::Path};

use local_azure::{
    LocalAzure,
    own_file::{self, OwnFileError, Readers, VARIABLES_HEADER, is_variables},
};

/// Refuses a file that `start --env-file` did not write, and a file in a folder that does not exist.
pub(super) fn check(file: &Path) -> Result<(), OwnFileError> {
    own_file::check(file, is_variables)?;
    own_file::check_folder(file)
}

/// Writes `environment` and the app settings of the function app to `file`. `environment` is one of the environments of
/// `azure`. Only the file's owner can read it.
pub(super) fn write(file: &Path, azure: &LocalAzure, environment: Vec<(String, String)>) -> Result<(), OwnFileError> {
    let lines = variables(azure, environment).into_iter().map(|(name, value)| format!("{name}={}\n", quoted(&value)));
    let text: String = std::iter::once(VARIABLES_HEADER.to_owned()).chain(lines).collect();
    own_file::write(file, text.as_bytes(), is_variables, Readers::Owner)
}

fn variables(azure: &LocalAzure, environment: Vec<(String, String)>) -> BTreeMap<String, String> {
    let seed = &azure.world().seed();
    let mut variables = seed.function_app.settings.clone();
    variables.insert("AZURE_TENANT_ID".to_owned(), seed.tenant.id.to_string());
    // Clients without IDENTITY_ENDPOINT use this variable, as on a virtual machine.
    variables.insert("AZURE_POD_IDENTITY_AUTHORITY_HOST".to_owned(), azure.imds_authority().to_owned());
    variables.extend(environment);
    variables
}

/// Puts a value in single quotes. They keep every character as it is, for shells and for dotenv readers alike.
pub(super) fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}
