//! Blob Batch: several deletions or changes of tier in one request, each authorized on its own
//! (<https://learn.microsoft.com/rest/api/storageservices/blob-batch>).

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use hyper::ext::ReasonPhrase;
use uuid::Uuid;

use super::{answer, call::BlobCall, error::BlobError, operation::Operation, query::Query, receive, request_headers};

/// The most bytes of a batch, and the most requests in it.
const BODY_LIMIT: u64 = 4 * 1024 * 1024;
const REQUESTS_LIMIT: usize = 256;

/// One request of a batch.
struct BatchRequest {
    content_id: Option<String>,
    request: Request<Body>,
}

/// Answers each request of the batch. The answers are in the order of the requests.
pub(super) async fn batch(call: BlobCall<'_>, body: &mut Body) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let boundary = boundary(headers)?;
    let document = receive::document(&call, body, BODY_LIMIT).await?;
    let text = std::str::from_utf8(&document).map_err(|_| invalid("the batch is not UTF-8"))?;
    let version = headers.get("x-ms-version");
    let parts: Vec<BatchRequest> = sections(text, &boundary)?
        .into_iter()
        .map(|section| BatchRequest::parse(section, version))
        .collect::<Result<_, _>>()?;
    if parts.is_empty() || parts.len() > REQUESTS_LIMIT {
        return Err(invalid("a batch holds 1 to 256 requests"));
    }
    parts.iter().try_for_each(BatchRequest::check)?;
    // All requests of a batch must be of one kind.
    let kind = parts.first().map(|part| part.request.method());
    if let Some(other) = parts.iter().find(|part| Some(part.request.method()) != kind) {
        return Err(BlobError::UnsupportedBatch(format!("{} beside another kind", other.request.method())));
    }
    let answers = format!("batchresponse_{}", Uuid::new_v4());
    let mut multipart = Vec::new();
    for part in parts {
        multipart.extend_from_slice(format!("--{answers}\r\nContent-Type: application/http\r\n").as_bytes());
        if let Some(id) = &part.content_id {
            multipart.extend_from_slice(format!("Content-ID: {id}\r\n").as_bytes());
        }
        multipart.extend_from_slice(b"\r\n");
        let response = if part.is_within(call.container) {
            Box::pin(super::respond_to(call.account, part.request)).await
        } else {
            let tenant = call.account.entra.seed.tenant.id;
            let refusal = BlobError::InvalidInput(format!("the blob is not in the container {}", call.container));
            refusal.into_response(part.request.method(), Uuid::new_v4(), tenant)
        };
        write_response(response, &mut multipart).await?;
    }
    multipart.extend_from_slice(format!("--{answers}--\r\n").as_bytes());
    let mut response = Response::new(Body::from(multipart));
    *response.status_mut() = StatusCode::ACCEPTED;
    answer::insert(response.headers_mut(), "content-type", &format!("multipart/mixed; boundary={answers}"));
    Ok(response)
}

fn boundary(headers: &HeaderMap) -> Result<String, BlobError> {
    let value = headers.get(header::CONTENT_TYPE).ok_or(BlobError::MissingRequiredHeader("Content-Type"))?;
    let text = value.to_str().unwrap_or_default();
    let parameter = text.split(';').map(str::trim).find_map(|part| part.strip_prefix("boundary="));
    match parameter.map(|boundary| boundary.trim_matches('"')) {
        Some(boundary) if text.starts_with("multipart/mixed") && !boundary.is_empty() => Ok(boundary.to_owned()),
        _ => Err(request_headers::invalid("Content-Type", value)),
    }
}

/// Returns the sections between the boundary lines.
fn sections<'a>(text: &'a str, boundary: &str) -> Result<Vec<&'a str>, BlobError> {
    let delimiter = format!("--{boundary}");
    let mut sections = text.split(delimiter.as_str()).skip(1);
    let mut found = Vec::new();
    loop {
        match sections.next() {
            Some(end) if end.starts_with("--") => return Ok(found),
            Some(section) => found.push(section.trim_start()),
            None => return Err(invalid("the last boundary is missing")),
        }
    }
}

impl BatchRequest {
    fn parse(section: &str, version: Option<&HeaderValue>) -> Result<Self, BlobError> {
        let (of_part, request) = split_head(section).ok_or_else(|| invalid("a part has no request"))?;
        let of_part = read_headers(of_part)?;
        if of_part.get(header::CONTENT_TYPE).is_none_or(|kind| kind != "application/http") {
            return Err(invalid("a part is not application/http"));
        }
        let (head, _) = split_head(request).unwrap_or((request, ""));
        let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
        let mut words = line.split_whitespace();
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(invalid("a request has no line with method and path"));
        };
        let mut headers = read_headers(headers)?;
        // A deletion in a batch needs no header that says it has no body.
        headers.entry(header::CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
        // The batch states the version once, for all of its requests.
        headers.extend(version.map(|version| (HeaderName::from_static("x-ms-version"), version.clone())));
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method.parse().map_err(|_| invalid("a request has a strange method"))?;
        *request.uri_mut() = target.parse().map_err(|_| invalid("a request has a strange path"))?;
        *request.headers_mut() = headers;
        let content_id = of_part.get("content-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        Ok(Self { content_id, request })
    }

    /// Checks that the request is a deletion or a change of tier: a batch allows nothing else.
    fn check(&self) -> Result<(), BlobError> {
        let uri: &Uri = self.request.uri();
        let query = Query::read(uri);
        let method = self.request.method();
        let known = method == Method::DELETE && query.get("restype").is_none()
            || method == Method::PUT && query.get("comp") == Some(Operation::SET_TIER);
        if known { Ok(()) } else { Err(BlobError::UnsupportedBatch(format!("{method} {}", uri.path()))) }
    }

    /// Reports whether the request is about a blob of the container; in the batch of an account, every request passes.
    fn is_within(&self, container: &str) -> bool {
        container.is_empty() || self.request.uri().path().starts_with(&format!("/{container}/"))
    }
}

/// Splits a text at its first empty line.
fn split_head(text: &str) -> Option<(&str, &str)> {
    text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n"))
}

fn read_headers(text: &str) -> Result<HeaderMap, BlobError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let header = |line: &str| -> Option<(HeaderName, HeaderValue)> {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().parse().ok()?, HeaderValue::from_str(value.trim()).ok()?))
    };
    lines.map(|line| header(line).ok_or_else(|| invalid("a line is no header"))).collect()
}

async fn write_response(response: Response, multipart: &mut Vec<u8>) -> Result<(), BlobError> {
    let (parts, body) = response.into_parts();
    let own = parts.extensions.get::<ReasonPhrase>().map(|reason| reason.as_bytes());
    let reason = own.unwrap_or_else(|| parts.status.canonical_reason().unwrap_or_default().as_bytes());
    multipart.extend_from_slice(format!("HTTP/1.1 {} ", parts.status.as_u16()).as_bytes());
    multipart.extend_from_slice(reason);
    multipart.extend_from_slice(b"\r\n");
    for (name, value) in &parts.headers {
        multipart.extend_from_slice(format!("{name}: ").as_bytes());
        multipart.extend_from_slice(value.as_bytes());
        multipart.extend_from_slice(b"\r\n");
    }
    let body = body.collect().await.map_err(|error| BlobError::Disk(std::io::Error::other(error)))?.to_bytes();
    multipart.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
    multipart.extend_from_slice(&body);
    multipart.extend_from_slice(b"\r\n");
    Ok(())
}

fn invalid(problem: &'static str) -> BlobError {
    BlobError::InvalidInput(problem.to_owned())
}
