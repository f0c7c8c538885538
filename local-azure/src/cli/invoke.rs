//! `invoke`: calls a function of the running host by name, and waits for its outcome.

use std::{path::PathBuf, process::ExitCode};

use super::output::{eprintln, println};
use axum::body::Body;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use local_azure::network::{Network, NetworkError};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use super::{
    called_by::command_line,
    command_error::CommandError,
    route::{encoded, fill},
    style::RED,
};

#[derive(clap::Args)]
pub(super) struct InvokeArguments {
    /// The name of the function
    name: String,
    /// The body of an HTTP function, as JSON; a timer takes none
    #[arg(long, value_name = "JSON", value_parser = json, conflicts_with = "data_file")]
    data: Option<String>,
    /// A file whose bytes are the body of an HTTP function; their type is `application/octet-stream` unless --header
    /// gives it
    #[arg(long, value_name = "FILE")]
    data_file: Option<PathBuf>,
    /// A request header, as NAME:VALUE
    #[arg(long = "header", short = 'H', value_name = "NAME:VALUE", value_parser = named_header)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The method; by default POST with a body and GET without, or a method that the function takes
    #[arg(long, short = 'X', value_name = "METHOD")]
    method: Option<Method>,
    /// Print the answer's status and headers before its body
    #[arg(long, short)]
    include: bool,
    /// Print one JSON document: status, headers, and the body as JSON or text
    #[arg(long, conflicts_with = "include")]
    json: bool,
    /// A parameter of the function's route, as NAME=VALUE; the value may hold any character
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

/// The host's answer.
pub(super) struct HostAnswer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: bytes::Bytes,
}

impl InvokeArguments {
    /// Returns the body to send.
    fn body(&self) -> Result<Option<Vec<u8>>, CommandError> {
        let Some(file) = &self.data_file else {
            return Ok(self.data.clone().map(String::into_bytes));
        };
        let bytes = std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        Ok(Some(bytes))
    }
}

/// The members of `GET /admin/functions/{name}` that tell how to call the function.
#[derive(Deserialize)]
struct Description {
    invoke_url_template: Option<String>,
    config: Definition,
}

#[derive(Deserialize)]
struct Definition {
    bindings: Vec<Binding>,
}

/// A binding as in function.json: its members and their values may be in any letter case.
#[derive(Deserialize)]
#[serde(transparent)]
struct Binding(Map<String, Value>);

/// A function of a running host, called by its name.
pub(super) struct InvokeCall {
    pub(super) name: String,
    pub(super) body: Option<Vec<u8>>,
    pub(super) method: Option<Method>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) parameters: Vec<(String, String)>,
}

impl Description {
    fn http_trigger(self) -> Option<Binding> {
        self.config.bindings.into_iter().find(|binding| binding.is_of_type("httpTrigger"))
    }
}

impl Binding {
    fn member(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn is_of_type(&self, kind: &str) -> bool {
        self.member("type").and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case(kind))
    }

    /// The trigger's methods; absent if it takes every method.
    fn methods(&self) -> Option<Vec<&str>> {
        Some(self.member("methods")?.as_array()?.iter().filter_map(Value::as_str).collect())
    }
}

pub(super) async fn invoke(arguments: InvokeArguments) -> Result<ExitCode, CommandError> {
    let body = arguments.body()?;
    let InvokeArguments { name, method, include, json, parameters, port, key, mut headers, data_file, .. } = arguments;
    let host = Host { url: format!("http://127.0.0.1:{port}"), key };
    let is_typed = headers.iter().any(|(name, _)| name == header::CONTENT_TYPE);
    if data_file.is_some() && !is_typed {
        headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")));
    }
    let call = InvokeCall { name: name.clone(), body, method, headers, parameters };
    let HostAnswer { status, headers, body } = host.call(call).await?;
    if json {
        println!("{}", document(status, &headers, &body));
    } else {
        if include {
            println!("{status}");
            for (name, value) in &headers {
                println!("{name}: {}", String::from_utf8_lossy(value.as_bytes()));
            }
            println!();
        }
        println!("{}", String::from_utf8_lossy(&body));
    }
    if status.is_success() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{RED}{name} failed with {status}{RED:#}");
    Ok(ExitCode::FAILURE)
}

/// Builds the document of `--json`. A body that is not JSON becomes a text; a body that is not text becomes base64.
fn document(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Value {
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| [name.as_str().into(), String::from_utf8_lossy(value.as_bytes())]).collect();
    let mut document = serde_json::json!({ "status": status.as_u16(), "headers": headers });
    let (member, value) = match (serde_json::from_slice(body), std::str::from_utf8(body)) {
        (Ok(json), _) => ("body", json),
        (Err(_), Ok(text)) => ("body", Value::from(text)),
        (Err(_), Err(_)) => ("bodyBase64", Value::from(BASE64_STANDARD.encode(body))),
    };
    document[member] = value;
    document
}

/// Chooses POST with data and GET without, if the function takes it; else the first method that the function takes.
fn method(trigger: &Binding, has_data: bool) -> Result<Method, CommandError> {
    let preferred = if has_data { Method::POST } else { Method::GET };
    let Some(methods) = trigger.methods() else { return Ok(preferred) };
    if methods.iter().any(|one| one.eq_ignore_ascii_case(preferred.as_str())) {
        return Ok(preferred);
    }
    let first = methods.first().ok_or("the function takes no method: \"methods\" of its function.json is empty")?;
    Ok(Method::from_bytes(first.to_ascii_uppercase().as_bytes())?)
}

/// Reports whether the body is a JSON object: the host takes no other body for a function that it runs by hand.
fn is_object(body: &[u8]) -> bool {
    serde_json::from_slice::<Map<String, Value>>(body).is_ok()
}

impl Host {
    /// Calls an HTTP function at its URL, and any other function through the host's admin API.
    pub(super) async fn call(&self, call: InvokeCall) -> Result<HostAnswer, CommandError> {
        let InvokeCall { name, body, method, headers, parameters } = call;
        let description = self.description(&name).await?;
        let (template, trigger) = (description.invoke_url_template.clone(), description.http_trigger());
        match (trigger, template) {
            (Some(trigger), Some(template)) => {
                let url = fill(&template, &parameters)?;
                let method = method.map_or_else(|| self::method(&trigger, body.is_some()), Ok)?;
                self.send(method, &url, headers, body).await
            }
            _ if method.is_some() || !parameters.is_empty() => {
                Err(format!("{name} is no HTTP function: it has no --method and no --param").into())
            }
            _ => {
                let body = body.unwrap_or_else(|| b"{}".to_vec());
                if !is_object(&body) {
                    let input = "{\"input\":\"TEXT\"}";
                    return Err(format!("{name} is no HTTP function: its data is an object such as {input}").into());
                }
                self.send(Method::POST, &self.admin_url(&name), headers, Some(body)).await
            }
        }
    }

    /// Runs a timer function now, and waits for its end.
    pub(super) async fn run_timer(&self, name: &str) -> Result<HostAnswer, CommandError> {
        let description = self.description(name).await?;
        if !description.config.bindings.iter().any(|binding| binding.is_of_type("timerTrigger")) {
            return Err(format!("{name} is not a timer").into());
        }
        self.send(Method::POST, &self.admin_url(name), Vec::new(), Some(b"{}".to_vec())).await
    }

    /// Returns every function as the host describes it: name, bindings, URL.
    pub(super) async fn functions(&self) -> Result<Vec<Value>, CommandError> {
        let body = self.admin("").await?;
        let functions: Vec<Value> = serde_json::from_slice(&body).map_err(|_| self.no_host())?;
        let one = |function: &Value| {
            let mut short = serde_json::json!({ "name": function["name"], "bindings": function["config"]["bindings"] });
            if function["invoke_url_template"].is_string() {
                short["url"] = function["invoke_url_template"].clone();
            }
            if function["isDisabled"] == true {
                short["disabled"] = true.into();
            }
            short
        };
        Ok(functions.iter().map(one).collect())
    }

    fn admin_url(&self, name: &str) -> String {
        let name = if name.is_empty() { String::new() } else { format!("/{}", encoded(name)) };
        format!("{}/admin/functions{name}", self.url)
    }

    /// Returns the host's description of a function that it can run.
    async fn description(&self, name: &str) -> Result<Description, CommandError> {
        Ok(serde_json::from_slice(&self.admin(name).await?).map_err(|_| self.no_host())?)
    }

    fn no_host(&self) -> String {
        format!("what answers at {} is no Functions host: name its port with --port", self.url)
    }

    /// Returns the host's reason for not running a function that it does not list.
    async fn not_listed(&self, name: &str) -> Result<String, CommandError> {
        #[derive(Deserialize)]
        struct Status {
            errors: Vec<String>,
        }
        let url = format!("{}/status", self.admin_url(name));
        let HostAnswer { body, .. } = self.send(Method::GET, &url, Vec::new(), None).await?;
        Ok(match serde_json::from_slice::<Status>(&body) {
            Ok(Status { errors }) => format!("the function \"{name}\" is in error: {}", errors.join("; ")),
            Err(_) => format!("the host has no function \"{name}\"; it lists its functions when it starts"),
        })
    }

    /// Asks the host's admin API about one function, or about all functions.
    async fn admin(&self, name: &str) -> Result<bytes::Bytes, CommandError> {
        let HostAnswer { status, body, .. } = self.send(Method::GET, &self.admin_url(name), Vec::new(), None).await?;
        if status == StatusCode::UNAUTHORIZED {
            return Err(
                "the host asks for its master key: give it with --key; it is printed when the host starts".into()
            );
        }
        if status == StatusCode::NOT_FOUND {
            // The host's own 404 has no body.
            let problem = if body.is_empty() { self.not_listed(name).await? } else { self.no_host() };
            return Err(problem.into());
        }
        if !status.is_success() {
            return Err(format!("the host answered {status}: {}", String::from_utf8_lossy(&body).trim_end()).into());
        }
        Ok(body)
    }

    pub(super) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Option<Vec<u8>>,
    ) -> Result<HostAnswer, CommandError> {
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            // The real host answers 202 before the function runs. Ours waits for the outcome if it is asked to.
            .header("prefer", "wait");
        if let Some(key) = &self.key {
            request = request.header("x-functions-key", key);
        }
        if body.is_some() && !headers.iter().any(|(name, _)| name == header::CONTENT_TYPE) {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(body.map_or_else(Body::empty, Body::from))?;
        let response = match Network::new().send(request).await {
            Err(NetworkError::Unreachable { .. }) => {
                let start = command_line("start");
                return Err(format!("no Functions host answers at {}; start one with `{start}`", self.url).into());
            }
            other => other?,
        };
        let (parts, body) = response.into_parts();
        Ok(HostAnswer { status: parts.status, headers: parts.headers, body: body.collect().await?.to_bytes() })
    }
}

/// Returns the text as it is typed, if it is JSON.
fn json(text: &str) -> Result<String, String> {
    let read = serde_json::from_str::<IgnoredAny>(text);
    read.map_err(|error| format!("not JSON ({error}); --data-file sends any other content"))?;
    Ok(text.to_owned())
}

fn named_header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or_else(|| format!("\"{text}\" is not NAME:VALUE"))?;
    let name = name.trim().parse().map_err(|_| format!("\"{name}\" is not the name of a header"))?;
    let value = value.trim().parse().map_err(|_| "the value has characters that a header cannot have".to_owned())?;
    Ok((name, value))
}

fn parameter(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| format!("\"{text}\" is not NAME=VALUE"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_is_json_and_a_header_has_a_name() {
        let typed = r#"{ "b": 1.0, "a": 12345678901234567890123 }"#;
        assert_eq!(super::json(typed).as_deref(), Ok(typed));
        assert!(super::json("plain text").unwrap_err().contains("--data-file"));
        assert_eq!(named_header("X-Mode: fast").unwrap().1, "fast");
        assert!(named_header("nothing").is_err());
    }

    #[test]
    fn the_json_document_holds_the_body_whatever_it_is() {
        let document = |body| document(StatusCode::OK, &HeaderMap::new(), body);
        assert_eq!(document(br#"{"a":1}"#)["body"]["a"], 1);
        assert_eq!(document(b"plain")["body"], "plain");
        assert_eq!(document(b"\xff")["bodyBase64"], "/w==");
    }

    #[test]
    fn the_method_is_one_the_function_takes() {
        let of = |binding: Value, has_data| method(&serde_json::from_value(binding).unwrap(), has_data).ok();
        assert_eq!(of(json!({ "type": "httpTrigger", "methods": ["post"] }), false), Some(Method::POST));
        assert_eq!(of(json!({ "Type": "httpTrigger", "Methods": ["Put", "get"] }), true), Some(Method::PUT));
        assert_eq!(of(json!({ "type": "httpTrigger", "methods": null }), true), Some(Method::POST));
        assert_eq!(of(json!({ "type": "httpTrigger" }), false), Some(Method::GET));
        assert_eq!(of(json!({ "type": "httpTrigger", "methods": [] }), false), None);
    }
}
