//! Writing: a blob in one request, or block by block; and deleting. Bodies go to disk as they arrive.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use md5::{Digest as _, Md5};
use quick_xml::{Reader, events::Event};
use tokio::{fs::File, io::AsyncWriteExt as _, task::spawn_blocking};
use url::Url;

use super::{
    BlobName, Call,
    conditions::Conditions,
    error::BlobError,
    properties::{ContentProperties, checked_md5, read_metadata},
    read::{date, insert},
    store::{Blob, BlockReference, NewBlob, Part, Store},
};

const MIB: u64 = 1024 * 1024;
/// Bytes in one Put Blob and in one block (<https://learn.microsoft.com/azure/storage/blobs/scalability-targets>).
const BLOB_LIMIT: u64 = 5_000 * MIB;
const BLOCK_LIMIT: u64 = 4_000 * MIB;
/// Bytes of a block list: 50,000 of the longest IDs fit.
const BLOCK_LIST_LIMIT: u64 = 8 * MIB;
const BLOCKS_LIMIT: usize = 50_000;

/// Put Blob: <https://learn.microsoft.com/rest/api/storageservices/put-blob>.
pub(super) async fn put_blob(call: Call<'_>, name: BlobName<'_>, body: &mut Body) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    match headers.get("x-ms-blob-type") {
        Some(kind) if kind == "BlockBlob" => {}
        Some(kind) => return Err(invalid_header("x-ms-blob-type", kind)),
        None => return Err(BlobError::MissingRequiredHeader("x-ms-blob-type")),
    }
    let mut new = new_blob(headers, true)?;
    let (part, md5) = receive(&call, body, BLOB_LIMIT, true).await?;
    if new.properties.content_md5.is_some() && new.properties.content_md5 != md5 {
        return Err(BlobError::Md5Mismatch);
    }
    new.properties.content_md5.clone_from(&md5);
    let (container, blob) = (call.container.to_owned(), name.0.to_owned());
    let written = run(&call, move |store| store.put(&container, BlobName(&blob), new, part)).await?;
    let mut response = created(call, &written);
    insert_md5(response.headers_mut(), md5);
    Ok(response)
}

/// Put Block: <https://learn.microsoft.com/rest/api/storageservices/put-block>.
pub(super) async fn put_block(call: &Call<'_>, name: BlobName<'_>, body: &mut Body) -> Result<Response, BlobError> {
    let id = call.query.get("blockid").ok_or(BlobError::MissingRequiredQueryParameter("blockid"))?;
    if !STANDARD.decode(id).is_ok_and(|id| (1..=64).contains(&id.len())) {
        let (name, value) = ("blockid".to_owned(), id.to_owned());
        return Err(BlobError::InvalidQueryParameterValue { name, value });
    }
    let (mut part, md5) = receive(call, body, BLOCK_LIMIT, false).await?;
    part.block_id = Some(id.to_owned());
    call.account.store.stage(call.container, name, part)?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::CREATED;
    insert_md5(response.headers_mut(), md5);
    response.headers_mut().insert("x-ms-request-server-encrypted", HeaderValue::from_static("true"));
    Ok(response)
}

/// Put Block List: <https://learn.microsoft.com/rest/api/storageservices/put-block-list>.
pub(super) async fn put_block_list(call: Call<'_>, name: BlobName<'_>, body: &mut Body) -> Result<Response, BlobError> {
    content_length(&call.parts.headers, BLOCK_LIST_LIMIT)?;
    let new = new_blob(&call.parts.headers, false)?;
    let limit = usize::try_from(BLOCK_LIST_LIMIT).unwrap_or(usize::MAX);
    let list = Limited::new(body, limit).collect().await.map_err(|_| BlobError::IncompleteBody)?;
    let list = parse_block_list(&list.to_bytes())?;
    let (container, blob) = (call.container.to_owned(), name.0.to_owned());
    let written = run(&call, move |store| store.commit(&container, BlobName(&blob), new, &list)).await?;
    Ok(created(call, &written))
}

/// Delete Blob: <https://learn.microsoft.com/rest/api/storageservices/delete-blob>. There are no snapshots to delete with it.
pub(super) async fn delete(call: &Call<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    if let Some(value) = headers.get("x-ms-delete-snapshots").filter(|value| *value != "include") {
        return Err(invalid_header("x-ms-delete-snapshots", value));
    }
    let conditions = Conditions::read(headers)?;
    let (container, blob) = (call.container.to_owned(), name.0.to_owned());
    run(call, move |store| store.delete(&container, BlobName(&blob), &conditions)).await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::ACCEPTED;
    response.headers_mut().insert("x-ms-delete-type-permanent", HeaderValue::from_static("true"));
    Ok(response)
}

/// Lets the store work where waiting for the disk holds nobody up.
pub(super) async fn run<T: Send + 'static>(
    call: &Call<'_>,
    work: impl FnOnce(&Store) -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    let store = call.account.store.clone();
    spawn_blocking(move || work(&store)).await.map_err(|error| BlobError::Disk(error.into()))?
}

fn new_blob(headers: &HeaderMap, body_is_content: bool) -> Result<NewBlob, BlobError> {
    Ok(NewBlob {
        properties: ContentProperties::read(headers, body_is_content)?,
        metadata: read_metadata(headers)?,
        conditions: Conditions::read(headers)?,
    })
}

/// Writes a request's body to a new file. Its MD5 (in base64) is worked out when it is wanted or the request gives one.
async fn receive(
    call: &Call<'_>,
    body: &mut Body,
    limit: u64,
    wants_md5: bool,
) -> Result<(Part, Option<String>), BlobError> {
    let expected = content_length(&call.parts.headers, limit)?;
    let given = call.parts.headers.get("content-md5").map(|value| value.to_str().unwrap_or_default().to_owned());
    let given = given.map(checked_md5).transpose()?;
    let mut part = call.account.store.new_part(call.container)?;
    let mut file = File::create(part.path()).await?;
    let mut md5 = (wants_md5 || given.is_some()).then(Md5::new);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BlobError::IncompleteBody)?.into_data() else { continue };
        if let Some(md5) = &mut md5 {
            md5.update(&data);
        }
        file.write_all(&data).await?;
        part.length += data.len() as u64;
    }
    file.flush().await?;
    if part.length != expected {
        return Err(BlobError::IncompleteBody);
    }
    let md5 = md5.map(|md5| STANDARD.encode(md5.finalize()));
    if given.is_some() && given != md5 { Err(BlobError::Md5Mismatch) } else { Ok((part, md5)) }
}

fn insert_md5(headers: &mut HeaderMap, md5: Option<String>) {
    if let Some(md5) = md5 {
        insert(headers, "content-md5", &md5);
    }
}

/// The length that a request announces, which every write must.
fn content_length(headers: &HeaderMap, limit: u64) -> Result<u64, BlobError> {
    let value = headers.get(header::CONTENT_LENGTH).ok_or(BlobError::MissingContentLengthHeader)?;
    let length = value.to_str().ok().and_then(|text| text.parse().ok());
    match length {
        Some(length) if length <= limit => Ok(length),
        Some(_) => Err(BlobError::RequestBodyTooLarge { limit }),
        None => Err(invalid_header("content-length", value)),
    }
}

/// The IDs of a `BlockList` document, in their order.
fn parse_block_list(xml: &[u8]) -> Result<Vec<BlockReference>, BlobError> {
    let invalid = |problem: &str| BlobError::InvalidXmlDocument(problem.to_owned());
    let mut reader = Reader::from_reader(xml);
    reader.config_mut().trim_text(true);
    let (mut list, mut depth) = (Vec::new(), 0_usize);
    loop {
        match reader.read_event().map_err(|error| invalid(&error.to_string()))? {
            Event::Start(tag) if depth == 0 && tag.name().as_ref() == b"BlockList" => depth = 1,
            Event::Start(tag) if depth == 1 => {
                let id = reader.read_text(tag.name()).map_err(|error| invalid(&error.to_string()))?;
                let id = id.decode().map_err(|error| invalid(&error.to_string()))?.into_owned();
                list.push(match tag.name().as_ref() {
                    b"Latest" => BlockReference::Latest(id),
                    b"Committed" => BlockReference::Committed(id),
                    b"Uncommitted" => BlockReference::Uncommitted(id),
                    other => return Err(invalid(&format!("unknown element {}", String::from_utf8_lossy(other)))),
                });
            }
            Event::Empty(tag) if depth == 0 && tag.name().as_ref() == b"BlockList" => return Ok(list),
            Event::End(_) if depth == 1 => break,
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Eof => return Err(invalid("the document ends before BlockList does")),
            _ => return Err(invalid("something else stands where BlockList or a block ID should")),
        }
    }
    if list.len() > BLOCKS_LIMIT { Err(BlobError::BlockListTooLong) } else { Ok(list) }
}

fn created(call: Call<'_>, blob: &Arc<Blob>) -> Response {
    call.decision.wrote = blob_url(&call.account.name, call.container, &blob.name);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::CREATED;
    let headers = response.headers_mut();
    insert(headers, "etag", &blob.etag);
    insert(headers, "last-modified", &date(blob.last_modified));
    headers.insert("x-ms-request-server-encrypted", HeaderValue::from_static("true"));
    response
}

fn blob_url(account: &str, container: &str, name: &str) -> Option<String> {
    let mut url = Url::parse(&format!("https://{account}.blob.core.windows.net")).ok()?;
    url.path_segments_mut().ok()?.push(container).extend(name.split('/'));
    Some(url.into())
}

fn invalid_header(name: &str, value: &HeaderValue) -> BlobError {
    BlobError::InvalidHeaderValue {
        name: name.to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    }
}
