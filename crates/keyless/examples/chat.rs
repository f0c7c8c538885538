//! Prints a model's answer as it arrives. The model is called as a managed identity.
//!
//! ```sh
//! OPENAI__route=direct OPENAI__endpoint=https://oai-keyless-1.openai.azure.com OPENAI__deployment=chat \
//!     cargo run -p keyless --features openai --example chat -- "Say hello."
//! ```

use std::{error::Error, io::Write as _};

use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let model = keyless::from_env(|env| env.model("OPENAI"))?;
    let prompt = std::env::args().nth(1).unwrap_or_else(|| "Say hello.".to_owned());
    let request = json!({ "messages": [{ "role": "user", "content": prompt }] });
    let mut events = model.chat(&request).stream().await?;
    while let Some(event) = events.next().await {
        print!("{}", event?.text().unwrap_or_default());
        std::io::stdout().flush()?;
    }
    println!();
    Ok(())
}
