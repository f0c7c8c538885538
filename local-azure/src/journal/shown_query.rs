//! A query for the journal: names, and values that are never secret.

/// Parameters of Azure's services whose values only describe the request. All others may hold a key or a signature.
const OPEN: [&str; 12] = [
    "api-version",
    "client_id",
    "comp",
    "include",
    "maxresults",
    "mi_res_id",
    "object_id",
    "prefix",
    "principal_id",
    "resource",
    "restype",
    "timeout",
];

const HIDDEN: &str = "REDACTED";

/// Returns the query with the values of unknown parameters replaced.
pub(super) fn shown_query(query: &str) -> String {
    let one = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if !OPEN.contains(&name) => format!("{name}={HIDDEN}"),
        // A pair without a name may be a secret value.
        None if !pair.is_empty() => HIDDEN.to_owned(),
        Some(_) | None => pair.to_owned(),
    };
    query.split('&').map(one).collect::<Vec<_>>().join("&")
}
