//! `invoke`: a function of the running host, called by name, with its outcome.

use std::process::ExitCode;

use anstream::{eprintln, println};
use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use local_azure::network::{Network, NetworkError};
use serde::Deserialize;
use serde_json::Value;

use super::{CommandError, RED};

#[derive(clap::Args)]
pub(super) struct InvokeArguments {
    /// Name of the function
    name: String,
    /// What to send: the body of an HTTP function; a timer takes none
    #[arg(long, value_name = "JSON")]
    data: Option<Value>,
    /// A parameter of the function's route, as NAME=VALUE
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// Port of the Functions host
    #[arg(long, default_value_t = 7071)]
    port: u16,
    /// A function key, or the master key for a timer, of a host started with --enable-auth
    #[arg(long)]
    key: Option<String>,
}

/// A running host, and the key that opens it if it asks for one.
pub(super) struct Host {
    pub(super) url: String,
    pub(super) key: Option<String>,
}

/// The members of `GET /admin/functions/{name}` that say how to call it.
#[derive(Deserialize)]
struct Description {
    invoke_url_template: Option<String>,
    config: Definition,
}

#[derive(Deserialize)]
struct Definition {
    bindings: Vec<Binding>,
}

#[derive(Deserialize)]
struct Binding {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    methods: Vec<String>,
}

pub(super) async fn invoke(arguments: InvokeArguments) -> Result<ExitCode, CommandError> {
    let host = Host { url: format!("http://127.0.0.1:{}", arguments.port), key: arguments.key };
    let admin = format!("{}/admin/functions/{}", host.url, arguments.name);
    let (status, body) = host.send(Method::GET, &admin, None).await?;
    if status == StatusCode::UNAUTHORIZED {
        return Err("the host asks for its master key: give it with --key; it is printed when the host starts".into());
    }
    if status == StatusCode::NOT_FOUND {
        return Err(
            format!("the host has no function \"{}\"; it lists its functions when it starts", arguments.name).into()
        );
    }
    let description: Description = serde_json::from_slice(&body)?;
    let trigger =
        description.config.bindings.into_iter().find(|binding| binding.kind.eq_ignore_ascii_case("httpTrigger"));
    let (status, body) = match (trigger, description.invoke_url_template) {
        (Some(trigger), Some(template)) => {
            let url = fill(&template, &arguments.parameters)?;
            host.send(method(&trigger, arguments.data.is_some())?, &url, arguments.data).await?
        }
        _ => {
            let data = arguments.data.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
            host.send(Method::POST, &admin, Some(data)).await?
        }
    };
    let text = String::from_utf8_lossy(&body);
    if status.is_success() {
        println!("{text}");
        Ok(ExitCode::SUCCESS)
    } else {
        println!("{text}");
        eprintln!("{RED}{} failed with {status}{RED:#}", arguments.name);
        Ok(ExitCode::FAILURE)
    }
}

/// POST with data and GET without, if the function takes it; else the first method that it takes.
fn method(trigger: &Binding, has_data: bool) -> Result<Method, CommandError> {
    let preferred = if has_data { Method::POST } else { Method::GET };
    let takes = |method: &Method| trigger.methods.iter().any(|one| one.eq_ignore_ascii_case(method.as_str()));
    if trigger.methods.is_empty() || takes(&preferred) {
        return Ok(preferred);
    }
    Ok(Method::from_bytes(trigger.methods[0].to_ascii_uppercase().as_bytes())?)
}

/// Puts route parameters into a URL template; an optional one that is not given disappears.
fn fill(template: &str, parameters: &[(String, String)]) -> Result<String, CommandError> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (parameter, remainder) = after.split_once('}').ok_or("the function's route has a { without its }")?;
        let name = parameter.trim_start_matches('*').split([':', '=', '?']).next().unwrap_or_default();
        filled.push_str(before);
        match parameters.iter().find(|(given, _)| given == name) {
            Some((_, value)) => filled.push_str(value),
            None if parameter.ends_with('?') || parameter.starts_with('*') || parameter.contains('=') => {}
            None => return Err(format!("the route needs --param {name}=VALUE").into()),
        }
        rest = remainder;
    }
    filled.push_str(rest);
    Ok(filled.trim_end_matches('/').to_owned())
}

impl Host {
    pub(super) async fn send(
        &self,
        method: Method,
        url: &str,
        data: Option<Value>,
    ) -> Result<(StatusCode, bytes::Bytes), CommandError> {
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header(header::CONTENT_TYPE, "application/json")
            // The real host answers 202 before the function ran; ours waits for its outcome when asked to.
            .header("prefer", "wait");
        if let Some(key) = &self.key {
            request = request.header("x-functions-key", key);
        }
        let request = request.body(data.map_or_else(Body::empty, |data| Body::from(data.to_string())))?;
        let response = match Network::new().send(request).await {
            Err(NetworkError::Unreachable { .. }) => {
                let message = format!("no Functions host answers at {}; start one with `cargo local start`", self.url);
                return Err(message.into());
            }
            other => other?,
        };
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("\"{text}\" is not NAME=VALUE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn route_parameters_are_filled_and_optional_ones_may_be_left_out() {
        let given = [("source".to_owned(), "orders".to_owned())];
        assert_eq!(fill("http://h/api/{source}/{which?}", &given).unwrap(), "http://h/api/orders");
        assert!(fill("http://h/api/{source}", &[]).unwrap_err().to_string().contains("--param source="));
    }

    #[test]
    fn the_method_is_one_the_function_takes() {
        let only_post = Binding { kind: "httpTrigger".to_owned(), methods: vec!["post".to_owned()] };
        assert_eq!(method(&only_post, false).unwrap(), Method::POST);
    }
}
