//! Reads a secret from Key Vault and prints its length, never its value:
//!
//! ```text
//! KEYVAULT__vaultUri=https://YOUR-VAULT.vault.azure.net KEYVAULT__credential=developer \
//!     cargo run --package keyless --example read_secret --features secrets -- SECRET-NAME
//! ```

use std::{env::args, error::Error};

use keyless::settings::Reader;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let name = args().nth(1).ok_or("give the name of a secret")?;
    let vault = keyless::from_env(|env: &mut Reader| env.secrets("KEYVAULT"))?;
    let secret = vault.get(name.as_str()).await?;
    println!("{name} has {} bytes", secret.expose().len());
    Ok(())
}
