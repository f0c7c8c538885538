//! Runs one request through a policy document without a gateway or network, and with a clock that stands still. `cargo
//! run -p apim-policies --example offline` prints the response to the caller, and the action of each policy.

use std::{process::ExitCode, time::Duration};

use apim_policies::{
    Document, ExpressionValue, Facts, Meter, NoReply, Outside, Pipeline, Scope, Service, State, Unread, UsageTap,
    expression::{self, Api, Entropy},
};
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use uuid::Uuid;

/// The document in the format of a deployment, which is not quite XML.
const POLICY: &str = r#"<policies>
    <inbound>
        <base />
        <check-header name="x-plan" failed-check-httpcode="403" failed-check-error-message="Which plan?" ignore-case="true" />
        <choose>
            <when condition="@(context.Request.Headers.GetValueOrDefault("x-plan") == "gold")">
                <set-header name="x-priority"><value>1</value></set-header>
            </when>
        </choose>
    </inbound>
    <backend><base /></backend>
    <outbound><base /></outbound>
    <on-error><base /></on-error>
</policies>"#;

/// The outside of the policies: all that they may reach.
struct Offline;

impl Outside for Offline {
    type Body = Bytes;

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn request_id(&self) -> Uuid {
        Uuid::nil()
    }

    fn entropy(&self) -> Entropy {
        Entropy::new(|| 0)
    }

    fn is_empty(&self, body: &Bytes) -> bool {
        body.is_empty()
    }

    async fn read(&self, body: Bytes) -> Result<Bytes, Unread> {
        Ok(body)
    }

    fn metered(&self, body: Bytes, meter: Meter) -> Bytes {
        meter.passed(body.len());
        body
    }

    fn tapped(&self, body: Bytes, mut tap: UsageTap) -> Bytes {
        tap.passed(&body);
        body
    }

    /// The backend, which repeats a part of its request.
    async fn forward(&self, request: Request<Bytes>, _: Duration) -> Result<Response<Bytes>, NoReply> {
        let priority = request.headers().get("x-priority").is_some();
        Ok(Response::new(Bytes::from(format!("priority: {priority}"))))
    }

    async fn sleep(&self, _: Duration) {}

    fn traces(&self) -> bool {
        true
    }
}

/// The facts that the gateway knows before any policy runs: here, the address of the backend.
fn facts() -> Facts {
    let service_url = expression::Url::parse("https://orders.test");
    Facts { api: Api { service_url, ..Api::default() }, ..Facts::default() }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let document = match Document::load(Scope::Api, POLICY, &Service::default()) {
        Ok(document) => document,
        Err(problems) => {
            for problem in problems {
                println!("{problem}");
            }
            return ExitCode::FAILURE;
        }
    };
    // Documents of a known shape always compose. Other documents may lack a section.
    let Ok(pipeline) = Pipeline::compose(&[&Document::default_global(), &document]) else { return ExitCode::FAILURE };
    for plan in [None, Some("tin"), Some("gold")] {
        let mut request = Request::new(Bytes::new());
        println!("x-plan: {}", plan.unwrap_or("(none)"));
        if let Some(plan) = plan {
            request.headers_mut().insert("x-plan", http::HeaderValue::from_static(plan));
        }
        let outcome = pipeline.run(request, facts(), &State::default(), &Offline).await;
        for policy in &outcome.policies {
            println!("  {policy}: {}", policy.decisions.join("; "));
            for ExpressionValue { name, value } in &policy.values {
                println!("      {name}: {value}");
            }
        }
        println!("  {} {}", outcome.response.status(), String::from_utf8_lossy(outcome.response.body()));
    }
    ExitCode::SUCCESS
}
