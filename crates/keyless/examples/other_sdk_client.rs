//! Makes a client of another Azure SDK crate with this app's identity. Here it is the SDK's own pipeline, which lists
//! the tables of a storage account. Any SDK client takes the same two values, credential and client options:
//!
//! ```text
//! TABLES__tableServiceUri=https://YOURACCOUNT.table.core.windows.net TABLES__credential=developer \
//!     cargo run --package keyless --example other_sdk_client
//! ```

use std::{error::Error, sync::Arc};

use azure_core::http::{
    Context, Method, Pipeline, Request,
    policies::{Policy, auth::BearerTokenAuthorizationPolicy},
};
use keyless::settings::Reader;

const SCOPE: &str = "https://storage.azure.com/.default";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let tables = keyless::from_env(|env: &mut Reader| env.connection("TABLES", "tableServiceUri"))?;
    let authorization: Arc<dyn Policy> = Arc::new(BearerTokenAuthorizationPolicy::new(tables.credential(), [SCOPE]));
    let pipeline = Pipeline::new(None, None, tables.client_options(), Vec::new(), vec![authorization], None);
    let mut request = Request::new(tables.endpoint().join("Tables")?, Method::Get);
    request.insert_header("x-ms-version", "2025-11-05");
    request.insert_header("accept", "application/json;odata=nometadata");
    let answer = pipeline.send(&Context::new(), &mut request, None).await?;
    println!("{}", String::from_utf8_lossy(answer.body()));
    Ok(())
}
