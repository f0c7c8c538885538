use super::*;

const LIST: &str = "/snapshots?restype=container&comp=list";

async fn with_blobs(names: &[&str]) -> Service {
    let service = Service::start();
    for name in names {
        let answer = service.put(&format!("/snapshots/{name}"), "content", &[("x-ms-meta-k", "a<b")]).await;
        assert_eq!(answer.status, StatusCode::CREATED);
    }
    service
}

/// Returns the texts of the elements with this name, in their order.
fn texts(xml: &str, element: &str) -> Vec<String> {
    let (start, end) = (format!("<{element}>"), format!("</{element}>"));
    xml.split(&start).skip(1).map(|rest| rest.split(&end).next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn blobs_are_listed_in_the_order_of_their_names() {
    let service = with_blobs(&["b", "a%2F2", "a/10", "A"]).await;
    let answer = service.get(LIST).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/xml");
    assert_eq!(texts(answer.text(), "Name"), ["A", "a/10", "a/2", "b"]);
    let prefixed = service.get(&format!("{LIST}&prefix=a%2F")).await;
    assert_eq!(texts(prefixed.text(), "Name"), ["a/10", "a/2"]);
    assert_eq!(texts(prefixed.text(), "Prefix"), ["a/"]);
    assert_eq!(texts(service.get(&format!("{LIST}&prefix=zz")).await.text(), "Name"), Vec::<String>::new());
}

#[tokio::test]
async fn a_listing_has_azures_shape() {
    let service = with_blobs(&["a&b%3Cc"]).await;
    let answer = service.get(&format!("{LIST}&include=metadata&maxresults=1&prefix=a")).await;
    let mut xml = answer.text().to_owned();
    for element in ["Creation-Time", "Last-Modified", "Etag"] {
        let value = texts(&xml, element).remove(0);
        assert!(!value.is_empty() && !value.contains('"'), "{element}: {value}");
        xml = xml.replacen(&format!("<{element}>{value}<"), &format!("<{element}>*<"), 1);
    }
    insta::assert_snapshot!(xml.replace("><", ">\n<"));
}

#[tokio::test]
async fn a_page_leads_to_the_next() {
    let service = with_blobs(&["a", "b", "c", "d", "e"]).await;
    let (mut names, mut marker, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let answer = service.get(&format!("{LIST}&maxresults=2&marker={marker}")).await;
        names.extend(texts(answer.text(), "Name"));
        pages += 1;
        let Some(next) = texts(answer.text(), "NextMarker").pop() else { break };
        marker = next;
    }
    assert_eq!((names.concat().as_str(), pages), ("abcde", 3));
}

#[tokio::test]
async fn a_delimiter_folds_names_into_prefixes() {
    let service = with_blobs(&["x/a/1", "x/a/2", "x/b", "x/c/1", "x/c/2", "y/1"]).await;
    let answer = service.get(&format!("{LIST}&prefix=x/&delimiter=/")).await;
    assert_eq!(texts(answer.text(), "Name"), ["x/a/", "x/b", "x/c/"]);
    assert_eq!(texts(answer.text(), "BlobPrefix"), ["<Name>x/a/</Name>", "<Name>x/c/</Name>"]);
    let (mut names, mut marker) = (Vec::new(), String::new());
    loop {
        let answer = service.get(&format!("{LIST}&delimiter=/&prefix=x/&maxresults=1&marker={marker}")).await;
        names.extend(texts(answer.text(), "Name"));
        let Some(next) = texts(answer.text(), "NextMarker").pop() else { break };
        marker = next;
    }
    assert_eq!(names, ["x/a/", "x/b", "x/c/"]);
}

#[tokio::test]
async fn a_listing_starts_from_a_name_which_is_in_it() {
    let service = with_blobs(&["A", "a/10", "a/2", "b", "c"]).await;
    for (query, names) in [
        ("startFrom=a/2", &["a/2", "b", "c"][..]),
        ("startFrom=a/11", &["a/2", "b", "c"]),
        ("startFrom=a%2F2&prefix=a/", &["a/2"]),
        ("startFrom=A&prefix=a/", &["a/10", "a/2"]),
        ("startFrom=b&prefix=a/", &[]),
        ("startFrom=zz", &[]),
        ("startFrom=", &["A", "a/10", "a/2", "b", "c"]),
        // A prefix is listed as long as any name under it is.
        ("startFrom=a/2&delimiter=/", &["a/", "b", "c"]),
        ("startFrom=a0&delimiter=/", &["b", "c"]),
        // With the marker of a page, both conditions apply.
        ("startFrom=b&marker=YS8xMA", &["b", "c"]),
    ] {
        let answer = service.get(&format!("{LIST}&{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
        assert_eq!(texts(answer.text(), "Name"), names, "{query}");
    }
    let first = service.get(&format!("{LIST}&startFrom=a/2&maxresults=1")).await;
    assert_eq!(texts(first.text(), "Name"), ["a/2"]);
    let marker = texts(first.text(), "NextMarker").remove(0);
    let rest = service.get(&format!("{LIST}&marker={marker}")).await;
    assert_eq!(texts(rest.text(), "Name"), ["b", "c"]);
    service.get("/?comp=list&startFrom=a").await.assert_refused(400, "UnsupportedQueryParameter");
}
