use super::*;

/// Two requests with bodies that look like heads, an empty line, chunks with an extension and a trailer, and lines that
/// end without a carriage return.
const REQUESTS: &[u8] = b"PUT /a?x=1#y HTTP/1.1\r\nContent-Length: 31\r\nX-A: 1\r\nx-a: 2\r\n\r\n\
    GET /body HTTP/1.1\r\nX-Body: 1\r\n\r\n\
    POST /b HTTP/1.1\r\ntransfer-ENCODING: gzip, Chunked\r\n\r\n\
    5\r\nGET /\r\nA ;name=\"1;2\"\r\nX-Chunk: 1\r\n00\r\nX-Trailer: 1\r\n\r\n\
    \r\nGET /\"c\" HTTP/1.1\nX-LINE: 1\n\n\
    DELETE /d HTTP/1.1\r\nx-Last:1\r\n\r\n";

/// Reads a connection whose bytes come in `pieces`. Returns each target with its names, and the bytes of paths.
fn read<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> (Vec<(String, Vec<String>)>, Vec<u8>) {
    let (mut reader, heads) = HeadReader::new();
    let mut paths = Vec::new();
    for piece in pieces {
        paths.extend(reader.read(piece).into_iter().flat_map(|place| piece[place].iter().copied()));
    }
    let found = std::mem::take(&mut heads.lock().heads);
    let found = found.into_iter().map(|head| {
        let mut names: Vec<String> = head.names().map(str::to_owned).collect();
        names.sort();
        (head.target().unwrap_or_default().to_owned(), names)
    });
    (found.collect(), paths)
}

#[test]
fn heads_are_found_between_bodies_wherever_the_bytes_are_split() {
    let (heads, paths) = read([REQUESTS].into_iter());
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let expected = [
        ("/a?x=1#y", names(&["Content-Length", "X-A"])),
        ("/b", names(&["transfer-ENCODING"])),
        ("/\"c\"", names(&["X-LINE"])),
        ("/d", names(&["x-Last"])),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(target, names)| (target.to_owned(), names)).collect();
    assert_eq!(heads, expected);
    assert_eq!(
        String::from_utf8(paths.clone()).unwrap(),
        "/a?x=1#y HTTP/1.1\r\n/b HTTP/1.1\r\n/\"c\" HTTP/1.1\n/d HTTP/1.1\r\n"
    );
    for at in 0..=REQUESTS.len() {
        let (first, second) = REQUESTS.split_at(at);
        assert_eq!(read([first, second].into_iter()), (expected.clone(), paths.clone()), "split at {at}");
    }
    for size in [1, 2, 3, 7, 64] {
        assert_eq!(read(REQUESTS.chunks(size)), (expected.clone(), paths.clone()), "in pieces of {size}");
    }
}

#[test]
fn a_head_is_taken_by_its_request_alone() {
    let (mut reader, heads) = HeadReader::new();
    reader.read(b"GET /a HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\n\r\nGET /b HTTP/1.1\r\nX-B: 1\r\n\r\n");
    let name = HeaderName::from_static("x-a");
    let head = heads.take(&Request::get("/a").header("x-a", "1").body(()).unwrap());
    assert_eq!((head.spelt(&name), head.count(&name), head.target()), (Some("X-A"), 2, Some("/a")));
    // The library has read this request differently. From here on no head is known, so none is wrong.
    assert_eq!(heads.take(&Request::get("/b").header("x-other", "1").body(()).unwrap()).target(), None);
    reader.read(b"GET /c HTTP/1.1\r\n\r\n");
    assert_eq!(heads.take(&Request::get("/c").body(()).unwrap()).target(), None);
}

#[test]
fn nothing_is_read_after_an_upgrade() {
    let (mut reader, heads) = HeadReader::new();
    reader.read(b"GET /a HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
    heads.end();
    assert_eq!(reader.read(b"GET /b HTTP/1.1\r\n\r\n"), []);
    assert_eq!(heads.lock().heads.len(), 1);
}

#[test]
fn what_the_library_refuses_ends_the_reading() {
    for refused in [
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
    ] {
        let after = b"GET /after HTTP/1.1\r\n\r\n";
        let (heads, _) = read([refused.as_bytes(), after].into_iter());
        assert!(heads.iter().all(|(target, _)| target == "/"), "{refused:?}: {heads:?}");
    }
}

/// Each input is as long as a head may be and comes byte by byte, in half a million pieces. A reader that scans its
/// known bytes again for each piece would take minutes.
#[test]
fn hostile_heads_are_read_once_and_kept_within_bounds() {
    let lines = |line: &str| line.repeat(LONGEST_HEAD / line.len());
    let shapes = [
        ("many lines", format!("GET / HTTP/1.1\r\n{}", lines("a:b\r\n"))),
        ("lines of no name", format!("GET / HTTP/1.1\r\n{}", lines(":\n"))),
        ("a long method", lines("G")),
        ("a long target", format!("GET /{}", lines("\""))),
        ("a long name", format!("GET / HTTP/1.1\r\n{}", lines("x"))),
        ("a long value", format!("GET / HTTP/1.1\r\nx: {}", lines("\r"))),
        ("empty lines", lines("\r\n")),
        ("beginnings of requests", lines("GET /")),
        ("whole requests", lines("GET / HTTP/1.1\r\n\r\n")),
        (
            "ends of heads in a body",
            format!("PUT / HTTP/1.1\r\ncontent-length: {LONGEST_HEAD}\r\n\r\n{}", lines("\r\n\r\n")),
        ),
        ("small chunks", format!("PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{}", lines("1\r\na\r\n"))),
        ("a long size", format!("PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{}", lines("0"))),
        ("many trailers", format!("PUT / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n{}", lines("a:b\r\n"))),
    ];
    for (shape, bytes) in shapes {
        let (mut reader, heads) = HeadReader::new();
        for piece in bytes.as_bytes().chunks(1) {
            reader.read(piece);
            assert!(reader.line.len() <= LONGEST_HEAD && reader.head.names.len() <= MOST_LINES, "{shape}");
        }
        assert!(heads.lock().heads.len() <= bytes.len() / "GET / HTTP/1.1\r\n\r\n".len(), "{shape}");
    }
}
