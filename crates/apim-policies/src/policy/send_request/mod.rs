//! `send-request`: sends another request, and stores its response in a variable
//! (learn.microsoft.com/azure/api-management/send-request-policy); and `send-one-way-request`, which ignores the
//! response (learn.microsoft.com/azure/api-management/send-one-way-request-policy).
//!
//! The embedder decides which hosts exist. A live gateway does not wait for the answer to a one-way request. This crate
//! waits for it and ignores it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};

use super::prelude::*;
use super::{
    authentication_certificate::{self, AuthenticationCertificate},
    authentication_managed_identity::{self, ManagedIdentity},
    set_body::{self, SetBody},
    set_header::{self, SetHeader},
};
use crate::{
    expression::{Body, Response, Value},
    outside::NoReply,
    run::{check_ascii, seen},
};

/// The documented default of the time limit, in seconds.
const TIMEOUT: u32 = 60;

/// The children in the documented order.
const CHILDREN: [(&str, Count); 8] = [
    ("set-url", Count::AtMostOne),
    ("set-method", Count::AtMostOne),
    ("set-header", Count::Any),
    ("set-body", Count::AtMostOne),
    ("authentication-certificate", Count::AtMostOne),
    ("authentication-token", Count::AtMostOne),
    ("authentication-managed-identity", Count::AtMostOne),
    ("proxy", Count::AtMostOne),
];

#[derive(Debug)]
pub(crate) struct SendRequest {
    /// The variable for the response; `None` for a one-way request.
    variable: Option<Setting<String>>,
    mode: Setting<Mode>,
    /// The time limit in seconds.
    timeout: Option<Setting<u32>>,
    ignore_error: Option<Setting<bool>>,
    url: Option<Setting<HttpUrl>>,
    method: Option<Setting<Method>>,
    headers: Vec<SetHeader>,
    body: Option<SetBody>,
    identity: Option<ManagedIdentity>,
    certificate: Option<AuthenticationCertificate>,
}

/// A request to send.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) request: Request<Bytes>,
    pub(super) timeout: Duration,
}

/// The handling of the answer.
#[derive(Debug)]
pub(super) struct Answered {
    variable: Option<String>,
    ignore_error: bool,
    /// The request's method and address for the trace.
    target: String,
}

/// The start of the request: a new one, or a copy of the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    New,
    Copy,
}

words! {
    Mode, "new or copy";
    "new" => New;
    "copy" => Copy;
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<SendRequest> {
    let one_way = element.name() == "send-one-way-request";
    let variable = if one_way {
        element.only_attributes(&["id", "mode", "timeout"], problems);
        None
    } else {
        element.only_attributes(&["id", "mode", "response-variable-name", "timeout", "ignore-error"], problems);
        element.not_empty(&["response-variable-name"], problems);
        element.required_setting("response-variable-name", problems)
    };
    let mode = element.has("mode").then(|| element.setting("mode", problems));
    let mut policy = SendRequest {
        variable,
        mode: mode.flatten().unwrap_or(Setting::Literal(Mode::New)),
        timeout: element.setting("timeout", problems),
        ignore_error: element.setting("ignore-error", problems),
        url: None,
        method: None,
        headers: Vec::new(),
        body: None,
        identity: None,
        certificate: None,
    };
    let children = element.children(&CHILDREN, problems);
    if matches!(policy.mode, Setting::Literal(Mode::New)) {
        for required in ["set-url", "set-method"] {
            if !children.iter().any(|child| child.name() == required) {
                element.problem(problems, format!("<{}> needs <{required}>, unless mode is \"copy\"", element.name()));
            }
        }
    }
    for child in children {
        read_child(&child, &mut policy, problems);
    }
    Some(policy)
}

fn read_child(child: &Element<'_>, policy: &mut SendRequest, problems: &mut Problems) {
    match child.name() {
        "set-url" => {
            child.only_attributes(&[], problems);
            policy.url = child.text_setting(problems);
        }
        "set-method" => {
            child.only_attributes(&[], problems);
            policy.method = child.text_setting(problems);
            if matches!(policy.method, Some(Setting::Expression(_))) {
                child.warn(problems, "<set-method> of a request is documented without a policy expression");
            }
        }
        "set-header" => policy.headers.extend(set_header::read(child, problems)),
        "set-body" => policy.body = set_body::read(child, problems),
        "authentication-managed-identity" => {
            policy.identity = authentication_managed_identity::read(child, problems);
        }
        "authentication-certificate" => policy.certificate = authentication_certificate::load(child, problems),
        other => child.unsupported(problems, format!("<{other}> of a request")),
    }
}

impl SendRequest {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let (ready, answered) = self.prepare(run).await?;
        let answer = run.outside.send(ready.request, ready.timeout).await;
        answered.settle(answer, run)
    }

    /// Does everything before the request is sent.
    pub(super) async fn prepare<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(Ready, Answered), Failure> {
        let timeout = run.get_any(self.timeout.as_ref()).await?.unwrap_or(TIMEOUT);
        let ignore_error = run.get_any(self.ignore_error.as_ref()).await?.unwrap_or(self.variable.is_none());
        let variable = run.get_any(self.variable.as_ref()).await?;
        let request = self.request(run).await?;
        // The query may hold a key.
        let target =
            format!("{} {}{}", request.method(), request.uri().host().unwrap_or_default(), request.uri().path());
        let timeout = Duration::from_secs(timeout.into());
        Ok((Ready { request, timeout }, Answered { variable, ignore_error, target }))
    }

    async fn request<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<Request<Bytes>, Failure> {
        let copies = run.get(&self.mode).await? == Mode::Copy;
        let mut headers = HeaderMap::new();
        let (mut method, mut url, mut body) = (Method::GET, run.wire_url()?, Bytes::new());
        if copies {
            headers = run.context.request.headers.clone();
            // The host is that of this request's URL, unless a header below sets another.
            headers.remove(header::HOST);
            // The request's body is copied only before there is a response, as documented.
            if matches!(run.section, Section::Inbound | Section::Backend) {
                run.read_request_body().await?;
                let content = run.context.request.body.as_ref().and_then(|body| body.content());
                body = content.cloned().unwrap_or_default();
            }
            method = Method::from_bytes(run.context.request.method.as_bytes()).unwrap_or(method);
        }
        if let Some(setting) = &self.method {
            method = run.get(setting).await?;
        }
        if let Some(setting) = &self.url {
            url = run.get(setting).await?;
        }
        for header in &self.headers {
            header.change(run).await?.apply(&mut headers)?;
        }
        if let Some(setting) = &self.body {
            body = setting.body(run).await?;
        }
        if let Some(identity) = &self.identity
            && let Some(authorization) = identity.authorization(run).await?
        {
            headers.insert(header::AUTHORIZATION, authorization);
        }
        // A copied length belongs to the copied request. The client sets the length of this one.
        headers.remove(header::CONTENT_LENGTH);
        check_ascii(&headers)?;
        let request = Request::builder().method(method).uri(url.as_str()).body(body);
        let mut request = request.map_err(|error| Failure::internal("", "", format!("the request: {error}")))?;
        *request.headers_mut() = headers;
        if let Some(certificate) = &self.certificate
            && let Some(certificate) = certificate.certificate(run).await?
        {
            request.extensions_mut().insert(certificate);
        }
        Ok(request)
    }
}

impl Answered {
    /// Stores the response, or fails without a response.
    pub(super) fn settle<O: Outside>(
        self,
        answer: Result<http::Response<Bytes>, NoReply>,
        run: &mut Run<'_, O>,
    ) -> Result<(), Failure> {
        let value = match answer {
            Ok(response) => {
                let (seen, body) = seen(response);
                run.trace(|| format!("{} was answered {}", self.target, seen.status_code));
                Value::from(Response { body: (!body.is_empty()).then(|| Body::new(body)), ..seen })
            }
            Err(cause) if self.ignore_error => {
                run.trace(|| format!("{}: {cause}, which is ignored", self.target));
                Value::Null
            }
            Err(cause) => return Err(Failure::no_reply(&cause)),
        };
        if let Some(name) = self.variable {
            run.context.variables.insert(name, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
