//! Calls an API behind API Management and prints the answer. The API admits this identity by its app role:
//!
//! ```text
//! APIM__baseUrl=https://YOUR-APIM.azure-api.net APIM__audience=api://orders APIM__credential=developer \
//!     cargo run --package keyless --example call_api --features api-management -- /orders
//! ```
//!
//! With `APIM__subscriptionKeySecret`, and `KEYVAULT__vaultUri` for its vault, the call carries a subscription key too.

use std::{env::args, error::Error};

use keyless::{ApiPath, settings::Reader};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = ApiPath::try_from(args().nth(1).ok_or("give the path of an API")?)?;
    let api = keyless::from_env(|env: &mut Reader| env.api("APIM"))?;
    match api.get(&path).send().await {
        Ok(answer) => println!("{}", answer.json::<serde_json::Value>().await?),
        // The result of the check shows the reason: the identity used, and the claims in its token.
        Err(error) => println!("{error}\n{}", serde_json::to_string_pretty(&api.check(&path).await)?),
    }
    Ok(())
}
