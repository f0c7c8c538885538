//! Find Blobs by Tags: <https://learn.microsoft.com/rest/api/storageservices/find-blobs-by-tags>. Here the index is
//! always current; in Azure it follows writes within seconds.

use axum::response::Response;

use super::{
    answer,
    call::BlobCall,
    error::BlobError,
    paging::{Page, Paging},
    store::Container,
    tag_query::TagQuery,
    tags,
    xml::element,
};

/// Before this version, a found blob shows the value of one tag instead of its tags.
const TAGS_FROM: &str = "2020-06-12";

/// Returns the blobs of the account, or of one container, whose tags match.
pub(super) fn find(call: &BlobCall<'_>) -> Result<Response, BlobError> {
    let text = call.query.get("where").ok_or(BlobError::MissingRequiredQueryParameter("where"))?;
    let of_account = call.container.is_empty();
    let query = TagQuery::search(text, of_account).map_err(|error| BlobError::InvalidQueryParameterValue {
        name: "where".to_owned(),
        value: text.to_owned(),
        reason: Some(error.0),
    })?;
    let paging = Paging::read(call.query, &[])?;
    let wanted = if of_account { query.container.as_deref() } else { Some(call.container) };
    if !of_account {
        call.account.store.container(call.container)?;
    }
    let mut page = Page::default();
    call.account.store.each(|name, container| {
        wanted.is_some_and(|wanted| wanted != name) || add(&mut page, &paging, &query, name, container)
    });
    let mut xml = format!("<EnumerationResults ServiceEndpoint=\"{}\"", call.account.endpoint());
    if !of_account {
        xml.push_str(&format!(" ContainerName=\"{}\"", call.container));
    }
    xml.push('>');
    paging.echo(&mut xml);
    element(&mut xml, "Where", text);
    xml.push_str("<Blobs>");
    for (place, tags) in &page.items {
        let (container, name) = place.split_once('/').unwrap_or_default();
        xml.push_str("<Blob>");
        element(&mut xml, "Name", name);
        element(&mut xml, "ContainerName", container);
        if call.version() < TAGS_FROM {
            element(&mut xml, "TagValue", tags.values().next().map(String::as_str).unwrap_or_default());
        } else {
            xml.push_str(&tags::xml_of(tags));
        }
        xml.push_str("</Blob>");
    }
    xml.push_str("</Blobs>");
    page.next_marker(&mut xml);
    xml.push_str("</EnumerationResults>");
    Ok(answer::document(&xml))
}

/// Adds the matching blobs of a container; `false` when the page is full.
fn add(page: &mut Page<tags::Tags>, paging: &Paging<'_>, query: &TagQuery, name: &str, container: &Container) -> bool {
    for (blob_name, blob) in container.current() {
        let place = format!("{name}/{blob_name}");
        let is_before = place.as_str() < paging.from.as_str();
        if !is_before && query.matches(&blob.tags) && !page.push(paging, &place, query.named(&blob.tags)) {
            return false;
        }
    }
    true
}
