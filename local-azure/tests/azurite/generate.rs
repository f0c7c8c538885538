//! Sequences of calls on one container with few blobs, so that calls meet each other's results.

use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::call::{BlobStep, Condition, Day, Tag};

const BLOBS: [&str; 4] = ["a", "dir/b", "dir/sub/c%20d", "%C3%BC"];
const LEASES: [&str; 2] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
const BLOCKS: [&str; 3] = ["AAAA", "BBBB", "CCCC"];

/// Generates the life of a container.
///
/// Most containers have a blob from the start, because calls on nothing tell little.
pub(crate) fn sequence() -> impl Strategy<Value = Vec<BlobStep>> {
    let first = prop_oneof![
        3 => Just("BlockBlob"),
        1 => Just("AppendBlob"),
        1 => Just("PageBlob"),
        1 => Just(""),
    ];
    (first, vec(call(), 3..7)).prop_map(|(kind, mut calls)| {
        let first = BlobStep::new("PUT", Some(BLOBS[0]), "").header("x-ms-blob-type", kind);
        match kind {
            "BlockBlob" => calls.insert(0, first.body(b"first content".to_vec())),
            "AppendBlob" => calls.insert(0, first),
            "PageBlob" => calls.insert(0, first.header("x-ms-blob-content-length", "2048")),
            _ => {}
        }
        calls
    })
}

fn call() -> impl Strategy<Value = BlobStep> {
    prop_oneof![
        6 => put_blob(),
        3 => special_blob(),
        5 => blocks(),
        4 => append(),
        4 => pages(),
        8 => read(),
        4 => set(),
        3 => tags(),
        3 => snapshot(),
        2 => if_tags(),
        5 => lease(),
        2 => copy(),
        3 => delete(),
        4 => list(),
        3 => container(),
    ]
}

fn blob() -> impl Strategy<Value = &'static str> {
    prop_oneof![5 => Just(BLOBS[0]), 3 => Just(BLOBS[1]), 1 => Just(BLOBS[2]), 1 => Just(BLOBS[3])]
}

fn tag() -> impl Strategy<Value = Tag> {
    select(vec![Tag::Known, Tag::Known, Tag::Other, Tag::Any])
}

fn condition() -> impl Strategy<Value = Condition> {
    let day = || select(vec![Day::Past, Day::ToCome]);
    prop_oneof![
        12 => Just(Condition::None),
        2 => tag().prop_map(Condition::Match),
        2 => tag().prop_map(Condition::NoneMatch),
        1 => day().prop_map(Condition::ModifiedSince),
        1 => day().prop_map(Condition::UnmodifiedSince),
        1 => (tag(), day()).prop_map(|(tag, day)| Condition::MatchAndUnmodified(tag, day)),
        1 => (tag(), day()).prop_map(|(tag, day)| Condition::NoneMatchAndModified(tag, day)),
        1 => (tag(), tag()).prop_map(|(one, other)| Condition::MatchAndNoneMatch(one, other)),
    ]
}

/// Names a lease in one call of four.
fn lease_id() -> impl Strategy<Value = Option<&'static str>> {
    option::weighted(0.25, select(LEASES.to_vec()))
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![Just(Vec::new()), vec(any::<u8>(), 1..40), Just(b"0123456789".repeat(60))]
}

fn metadata() -> impl Strategy<Value = Option<String>> {
    option::weighted(0.3, select(vec!["v".to_owned(), "two words".to_owned(), String::new()]))
}

/// Adds conditions and a lease to a call.
fn guarded(calls: impl Strategy<Value = BlobStep>) -> impl Strategy<Value = BlobStep> {
    (calls, condition(), lease_id())
        .prop_map(|(call, condition, lease)| call.on(condition).optional("x-ms-lease-id", lease))
}

fn put_blob() -> impl Strategy<Value = BlobStep> {
    let headers = (
        option::weighted(0.3, Just("text/plain")),
        option::weighted(0.2, Just("no-store")),
        metadata(),
        option::weighted(0.2, select(vec!["k=v", "k=v&l=w%20x", "", "k=v&k=w"])),
        option::weighted(0.05, select(vec!["AAAAAAAAAAAAAAAAAAAAAA==", "abc"])),
        option::weighted(0.1, select(vec!["Cool", "Hot", "Lukewarm"])),
    );
    guarded((blob(), content(), headers).prop_map(|(blob, content, (kind, cache, metadata, tags, md5, tier))| {
        BlobStep::new("PUT", Some(blob), "")
            .header("x-ms-blob-type", "BlockBlob")
            .optional("x-ms-blob-content-type", kind)
            .optional("x-ms-blob-cache-control", cache)
            .optional("x-ms-meta-m", metadata)
            .optional("x-ms-tags", tags)
            .optional("content-md5", md5)
            .optional("x-ms-access-tier", tier)
            .body(content)
            .wrong_with(&["abc"], "InvalidMd5")
            .wrong_with(&["Lukewarm"], "InvalidHeaderValue")
            .wrong_with(&["k=v&k=w"], "DuplicateTagNames")
    }))
}

fn special_blob() -> impl Strategy<Value = BlobStep> {
    let append = blob().prop_map(|blob| BlobStep::new("PUT", Some(blob), "").header("x-ms-blob-type", "AppendBlob"));
    let page = (blob(), select(vec!["0", "512", "1024", "4096", "100"]), option::weighted(0.3, select(vec!["0", "7"])));
    let page = page.prop_map(|(blob, length, number)| {
        BlobStep::new("PUT", Some(blob), "")
            .header("x-ms-blob-type", "PageBlob")
            .header("x-ms-blob-content-length", length)
            .optional("x-ms-blob-sequence-number", number)
            .wrong_with(&["100"], "InvalidHeaderValue")
    });
    guarded((prop_oneof![append, page], metadata()).prop_map(|(call, metadata)| call.optional("x-ms-meta-m", metadata)))
}

fn blocks() -> impl Strategy<Value = BlobStep> {
    let block = (blob(), select(vec!["AAAA", "BBBB", "CCCC", "AAAAAAAA"]), vec(any::<u8>(), 1..30), lease_id());
    let block = block.prop_map(|(blob, id, content, lease)| {
        BlobStep::new("PUT", Some(blob), &format!("comp=block&blockid={id}"))
            .optional("x-ms-lease-id", lease)
            .body(content)
    });
    let entry = (select(vec!["Latest", "Latest", "Committed", "Uncommitted"]), select(BLOCKS.to_vec()));
    let list = (blob(), vec(entry, 0..4), metadata()).prop_map(|(blob, entries, metadata)| {
        let entries = entries.iter().map(|(kind, id)| format!("<{kind}>{id}</{kind}>"));
        let xml =
            format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{}</BlockList>", entries.collect::<String>());
        BlobStep::new("PUT", Some(blob), "comp=blocklist").optional("x-ms-meta-m", metadata).body(xml)
    });
    let get = (blob(), select(vec!["all", "committed", "uncommitted"]), lease_id()).prop_map(|(blob, kind, lease)| {
        let query = format!("comp=blocklist&blocklisttype={kind}");
        BlobStep::new("GET", Some(blob), &query).optional("x-ms-lease-id", lease)
    });
    prop_oneof![3 => block, 3 => guarded(list), 2 => get]
}

fn append() -> impl Strategy<Value = BlobStep> {
    let position = option::weighted(0.3, select(vec!["0", "10", "20"]));
    let limit = option::weighted(0.2, select(vec!["5", "15", "1000"]));
    let content = prop_oneof![4 => Just(b"0123456789".to_vec()), 1 => Just(Vec::new())];
    let block = (blob(), content, position, limit).prop_map(|(blob, content, position, limit)| {
        BlobStep::new("PUT", Some(blob), "comp=appendblock")
            .optional("x-ms-blob-condition-appendpos", position)
            .optional("x-ms-blob-condition-maxsize", limit)
            .body(content)
    });
    let block = block.prop_map(|call| BlobStep { wrong: call.body.is_empty().then_some("InvalidHeaderValue"), ..call });
    let seal = blob().prop_map(|blob| BlobStep::new("PUT", Some(blob), "comp=seal"));
    guarded(prop_oneof![6 => block, 1 => seal])
}

fn pages() -> impl Strategy<Value = BlobStep> {
    let ranges = select(vec![(0, 512), (512, 512), (1024, 1024), (0, 2048), (4096, 512)]);
    let guard = option::weighted(
        0.2,
        (
            select(vec!["x-ms-if-sequence-number-le", "x-ms-if-sequence-number-lt", "x-ms-if-sequence-number-eq"]),
            select(vec!["0", "7"]),
        ),
    );
    let put = (blob(), ranges, any::<bool>(), guard).prop_map(|(blob, (start, length), writes, guard)| {
        let call = BlobStep::new("PUT", Some(blob), "comp=page")
            .header("x-ms-page-write", if writes { "update" } else { "clear" })
            .header("x-ms-range", format!("bytes={start}-{}", start + length - 1))
            .body(if writes { vec![b'p'; length] } else { Vec::new() });
        match guard {
            Some((name, value)) => call.header(name, value),
            None => call,
        }
    });
    let get = (blob(), option::weighted(0.5, select(vec!["bytes=0-1023", "bytes=512-", "bytes=9999-"])));
    let get =
        get.prop_map(|(blob, range)| BlobStep::new("GET", Some(blob), "comp=pagelist").optional("x-ms-range", range));
    prop_oneof![3 => guarded(put), 2 => get]
}

fn read() -> impl Strategy<Value = BlobStep> {
    let range =
        option::weighted(0.4, select(vec!["bytes=0-9", "bytes=5-", "bytes=3-3", "bytes=9999-", "bytes=0-99999"]));
    let get =
        (blob(), range).prop_map(|(blob, range)| BlobStep::new("GET", Some(blob), "").optional("x-ms-range", range));
    let head = blob().prop_map(|blob| BlobStep::new("HEAD", Some(blob), ""));
    guarded(prop_oneof![3 => get, 2 => head])
}

fn set() -> impl Strategy<Value = BlobStep> {
    let metadata = (blob(), metadata()).prop_map(|(blob, metadata)| {
        BlobStep::new("PUT", Some(blob), "comp=metadata").optional("x-ms-meta-m", metadata)
    });
    let properties = (
        blob(),
        option::weighted(0.7, Just("text/html")),
        option::weighted(0.3, Just("de")),
        option::weighted(0.2, select(vec!["512", "1024", "8192"])),
        option::weighted(0.2, select(vec![("increment", None), ("max", Some("5")), ("update", Some("3"))])),
    );
    let properties = properties.prop_map(|(blob, kind, language, length, sequence)| {
        let call = BlobStep::new("PUT", Some(blob), "comp=properties");
        match (length, sequence) {
            (Some(length), _) => call.header("x-ms-blob-content-length", length),
            (None, Some((action, number))) => {
                call.header("x-ms-sequence-number-action", action).optional("x-ms-blob-sequence-number", number)
            }
            (None, None) => {
                call.optional("x-ms-blob-content-type", kind).optional("x-ms-blob-content-language", language)
            }
        }
    });
    let tier = (blob(), select(vec!["Hot", "Cool", "Cold"]), lease_id()).prop_map(|(blob, tier, lease)| {
        BlobStep::new("PUT", Some(blob), "comp=tier").header("x-ms-access-tier", tier).optional("x-ms-lease-id", lease)
    });
    prop_oneof![2 => guarded(metadata), 2 => guarded(properties), 1 => tier]
}

fn tags() -> impl Strategy<Value = BlobStep> {
    let sets =
        select(vec![vec![], vec![("k", "v")], vec![("a b", "1+2-3./:=_"), ("k", "v")], vec![("k", "v"), ("k", "w")]]);
    let set = (blob(), sets, lease_id()).prop_map(|(blob, tags, lease)| {
        let tags = tags.iter().map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"));
        let xml = format!("<Tags><TagSet>{}</TagSet></Tags>", tags.collect::<String>());
        BlobStep::new("PUT", Some(blob), "comp=tags")
            .header("content-type", "application/xml")
            .optional("x-ms-lease-id", lease)
            .body(xml)
    });
    let set = set.prop_map(|call| BlobStep {
        wrong: call.body.ends_with(b"w</Value></Tag></TagSet></Tags>").then_some("DuplicateTagNames"),
        ..call
    });
    let get = (blob(), lease_id())
        .prop_map(|(blob, lease)| BlobStep::new("GET", Some(blob), "comp=tags").optional("x-ms-lease-id", lease));
    prop_oneof![set, get]
}

fn snapshot() -> impl Strategy<Value = BlobStep> {
    let take = (blob(), metadata()).prop_map(|(blob, metadata)| {
        BlobStep::new("PUT", Some(blob), "comp=snapshot").optional("x-ms-meta-m", metadata)
    });
    let list = Just(BlobStep::new("GET", None, "restype=container&comp=list&include=snapshots"));
    // Azurite brings nothing back after its deletion.
    prop_oneof![4 => guarded(take), 2 => list]
}

/// Generates conditions on tags. Some blobs have tags, most have none.
fn if_tags() -> impl Strategy<Value = BlobStep> {
    let expressions = select(vec!["k = 'v'", "k <> 'v'", "\"k\" >= 'a' AND k < 'w'", "k = 'x' OR l = 'w x'"]);
    let call = prop_oneof![
        blob().prop_map(|blob| BlobStep::new("GET", Some(blob), "")),
        blob().prop_map(|blob| BlobStep::new("HEAD", Some(blob), "")),
        blob().prop_map(|blob| BlobStep::new("PUT", Some(blob), "comp=metadata").header("x-ms-meta-m", "v")),
        blob().prop_map(|blob| BlobStep::new("DELETE", Some(blob), "")),
    ];
    (call, expressions).prop_map(|(call, expression)| call.header("x-ms-if-tags", expression))
}

fn lease() -> impl Strategy<Value = BlobStep> {
    (option::weighted(0.85, blob()), action(), condition()).prop_map(|(blob, headers, condition)| {
        let mut call =
            BlobStep::new("PUT", blob, if blob.is_some() { "comp=lease" } else { "restype=container&comp=lease" });
        call.headers.extend(headers);
        let call = call.wrong_with(&["61", "5"], "InvalidHeaderValue");
        if blob.is_some() { call.on(condition) } else { call }
    })
}

fn action() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let id = || select(LEASES.to_vec()).prop_map(str::to_owned);
    let header = |name: &'static str, value: &str| (name, value.to_owned());
    let acquire = (id(), select(vec!["-1", "-1", "60", "5"])).prop_map(move |(id, length)| {
        vec![
            header("x-ms-lease-action", "acquire"),
            ("x-ms-proposed-lease-id", id),
            header("x-ms-lease-duration", length),
        ]
    });
    let with_id = (select(vec!["renew", "release"]), id())
        .prop_map(move |(action, id)| vec![header("x-ms-lease-action", action), ("x-ms-lease-id", id)]);
    let change = (id(), id()).prop_map(move |(id, new)| {
        vec![header("x-ms-lease-action", "change"), ("x-ms-lease-id", id), ("x-ms-proposed-lease-id", new)]
    });
    let end = option::weighted(0.6, select(vec!["0", "30", "61"])).prop_map(move |period| {
        let period = period.map(|period| header("x-ms-lease-break-period", period));
        std::iter::once(header("x-ms-lease-action", "break")).chain(period).collect()
    });
    prop_oneof![5 => acquire, 3 => with_id, 1 => change, 2 => end]
}

fn copy() -> impl Strategy<Value = BlobStep> {
    guarded((blob(), blob(), metadata()).prop_map(|(blob, source, metadata)| BlobStep {
        source: Some(source),
        ..BlobStep::new("PUT", Some(blob), "").optional("x-ms-meta-m", metadata)
    }))
}

fn delete() -> impl Strategy<Value = BlobStep> {
    let snapshots = option::weighted(0.4, select(vec!["include", "include", "only"]));
    guarded((blob(), snapshots).prop_map(|(blob, snapshots)| {
        BlobStep::new("DELETE", Some(blob), "").optional("x-ms-delete-snapshots", snapshots)
    }))
}

fn list() -> impl Strategy<Value = BlobStep> {
    let query = (
        option::weighted(0.4, select(vec!["dir/", "a", "zz", "%C3%BC"])),
        option::weighted(0.4, Just("/")),
        option::weighted(0.5, select(vec!["1", "2"])),
        option::weighted(
            0.4,
            select(vec!["metadata", "tags", "uncommittedblobs", "metadata,tags,copy", "Metadata,Tags", "Deleted"]),
        ),
        any::<bool>(),
    );
    query.prop_map(|(prefix, delimiter, most, include, next_page)| {
        let mut query = "restype=container&comp=list".to_owned();
        for (name, value) in [("prefix", prefix), ("delimiter", delimiter), ("maxresults", most), ("include", include)]
        {
            if let Some(value) = value {
                query.push_str(&format!("&{name}={value}"));
            }
        }
        BlobStep { next_page, ..BlobStep::new("GET", None, &query) }
    })
}

fn container() -> impl Strategy<Value = BlobStep> {
    let create = metadata()
        .prop_map(|metadata| BlobStep::new("PUT", None, "restype=container").optional("x-ms-meta-m", metadata));
    let read =
        (select(vec!["GET", "HEAD"]), select(vec!["restype=container", "restype=container&comp=metadata"]), lease_id());
    let read =
        read.prop_map(|(method, query, lease)| BlobStep::new(method, None, query).optional("x-ms-lease-id", lease));
    let set = (metadata(), lease_id()).prop_map(|(metadata, lease)| {
        BlobStep::new("PUT", None, "restype=container&comp=metadata")
            .optional("x-ms-meta-m", metadata)
            .optional("x-ms-lease-id", lease)
    });
    let delete = lease_id()
        .prop_map(|lease| BlobStep::new("DELETE", None, "restype=container").optional("x-ms-lease-id", lease));
    prop_oneof![1 => create, 3 => read, 2 => set, 1 => delete]
}
