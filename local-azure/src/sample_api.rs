//! The API behind the gateway when the seed names no backend. It serves the JSON lists of a folder. Like many APIs
//! behind API Management, it does not check tokens or keys.
//!
//! `GET /` returns the whole list, `GET /{id}` one entry. The files are read once at start, so a request never names a
//! file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::{Path as PathParameter, State},
    http::{HeaderName, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

/// Why a folder cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SampleError {
    /// The folder or a file in it cannot be read.
    #[error("cannot be read: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// A file is not a list of the right form.
    #[error("is not a JSON array of objects that have an \"id\" of text each: {reason}")]
    NotAList { path: PathBuf, reason: String },
    /// Two entries have the same ID.
    #[error("has the id \"{id}\" a second time")]
    Repeated { path: PathBuf, id: String },
}

impl SampleError {
    /// The folder or file that the error is about.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Unreadable { path, .. } | Self::NotAList { path, .. } | Self::Repeated { path, .. } => path,
        }
    }
}

#[derive(Debug, Default)]
struct Entries {
    list: Vec<Value>,
    /// The index in the list, by ID.
    by_id: BTreeMap<String, usize>,
}

/// Frameworks often send their name. The gateway's policies can remove this header.
const POWERED_BY: (HeaderName, &str) = (HeaderName::from_static("x-powered-by"), "local-azure sample API");

/// Serves every `*.json` file of the folder.
pub(crate) fn routes(folder: &Path) -> Result<Router, SampleError> {
    let entries = Arc::new(Entries::read(folder)?);
    Ok(Router::new().route("/", get(list)).route("/{id}", get(one)).with_state(entries))
}

async fn list(State(entries): State<Arc<Entries>>) -> Response {
    ([POWERED_BY], Json(&entries.list)).into_response()
}

async fn one(State(entries): State<Arc<Entries>>, PathParameter(id): PathParameter<String>) -> Response {
    match entries.by_id.get(&id).and_then(|index| entries.list.get(*index)) {
        Some(entry) => ([POWERED_BY], Json(entry)).into_response(),
        None => {
            let error = json!({ "error": { "code": "NotFound", "message": "There is no entry with this id." } });
            (StatusCode::NOT_FOUND, [POWERED_BY], Json(error)).into_response()
        }
    }
}

impl Entries {
    fn read(folder: &Path) -> Result<Self, SampleError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| SampleError::Unreadable { path, source }
        };
        let mut files = Vec::new();
        for file in std::fs::read_dir(folder).map_err(unreadable(folder))? {
            let path = file.map_err(unreadable(folder))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
        }
        files.sort();
        let mut entries = Self::default();
        for path in files {
            let text = std::fs::read(&path).map_err(unreadable(&path))?;
            entries.add(&path, &text)?;
        }
        Ok(entries)
    }

    fn add(&mut self, path: &Path, text: &[u8]) -> Result<(), SampleError> {
        let not_a_list = |reason: String| SampleError::NotAList { path: path.to_owned(), reason };
        let list: Vec<Value> = serde_json::from_slice(text).map_err(|error| not_a_list(error.to_string()))?;
        for (number, entry) in list.into_iter().enumerate() {
            let Some(id) = entry.get("id").and_then(Value::as_str).map(str::to_owned) else {
                return Err(not_a_list(format!("entry {} has none", number + 1)));
            };
            if self.by_id.insert(id.clone(), self.list.len()).is_some() {
                return Err(SampleError::Repeated { path: path.to_owned(), id });
            }
            self.list.push(entry);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt as _;

    use super::*;

    async fn get(routes: &Router, uri: &str) -> (u16, Value) {
        let response = routes.clone().oneshot(Request::get(uri).body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    #[tokio::test]
    async fn the_folder_is_served_as_a_list_and_one_by_one() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-api");
        let routes = routes(&folder).unwrap();
        let (status, list) = get(&routes, "/").await;
        assert_eq!((status, list.as_array().unwrap().len()), (200, 3));
        assert_eq!(get(&routes, "/1002").await, (200, list[1].clone()));
    }

    #[tokio::test]
    async fn no_path_leads_to_a_file() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-api");
        let routes = routes(&folder).unwrap();
        for path in ["/9999", "/orders.json", "/..", "/%2e%2e%2fseed.toml", "/1001/lines"] {
            assert_eq!(get(&routes, path).await.0, 404, "{path}");
        }
    }

    #[test]
    fn files_that_are_no_lists_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        for (text, message) in [
            ("{}", "is not a JSON array"),
            ("[1]", "entry 1 has none"),
            ("[{\"id\": 1}]", "entry 1 has none"),
            ("[{\"id\": \"a\"}, {\"id\": \"a\"}]", "has the id \"a\" a second time"),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = routes(folder.path()).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
            assert_eq!(error.path(), file);
        }
        assert!(routes(&folder.path().join("none")).is_err());
    }
}
