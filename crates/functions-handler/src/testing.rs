//! Calls the functions of an app from its tests, without a socket.

use std::{collections::BTreeSet, fs, path::Path};

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    app::FunctionApp, definition::Definition, environment::Environment, host_json::HostJson, router::Functions,
    start_error::StartProblem,
};

/// An app under test; made by [`FunctionApp::test`].
#[derive(Clone, Debug)]
pub struct TestApp {
    functions: Functions,
    names: Vec<&'static str>,
    /// The names of functions, and of their triggers' bindings.
    triggers: Vec<(&'static str, String)>,
}

/// The result of an invocation.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// The status. 2xx is success; the host counts any other status as a failed invocation.
    pub status: StatusCode,
    /// Values of the output bindings, by name.
    pub outputs: Map<String, Value>,
    /// The value of the binding `$return`, otherwise null.
    pub return_value: Value,
    /// Lines for the log of the invocation.
    pub logs: Vec<String>,
    /// The body as received. It holds the error of a failed invocation.
    pub body: String,
}

impl<S: Clone + Send + Sync + 'static> FunctionApp<S> {
    /// Makes the app for a test. `host.json` comes from the current folder: in a test, the folder of the crate.
    ///
    /// # Panics
    /// When the app does not start; the message says why.
    pub fn test(self) -> TestApp {
        let environment = Environment::from_process();
        let names = self.names();
        let triggers = self.triggers();
        let root = environment.script_root().unwrap_or_else(|| Path::new(".").to_owned());
        let host_json = HostJson::read(Some(&root), &environment).map_err(StartProblem::HostJson);
        match self.assemble(host_json, &environment, Vec::new()) {
            Ok(assembled) => TestApp { functions: assembled.functions, names, triggers },
            Err(error) => panic!("the app does not start: {error}"),
        }
    }
}

impl TestApp {
    /// Sends a caller's request, as the host forwards it. The body of the response is read to its end.
    ///
    /// # Panics
    /// When the body of the response breaks off.
    pub async fn http(&self, request: Request<impl Into<Body>>) -> Response<Bytes> {
        let response = self.functions.answer(request.map(Into::into)).await;
        let (head, body) = response.into_parts();
        match to_bytes(body, usize::MAX).await {
            Ok(body) => Response::from_parts(head, body),
            Err(error) => panic!("the body of the response broke off: {error}"),
        }
    }

    /// Calls a function as the host does. `data` is the trigger's data: a [`Timer`](crate::Timer), or a queue message.
    ///
    /// # Panics
    /// When the app has no function of this name, or `data` is not JSON.
    pub async fn call(&self, name: &str, data: impl Serialize) -> TestResult {
        let Some((_, binding)) = self.triggers.iter().find(|(function, _)| *function == name) else {
            panic!("the app has no function named {name}; it has {:?}", self.names);
        };
        let data = serde_json::to_value(data).unwrap_or_else(|error| panic!("the data is not JSON: {error}"));
        // A timer of a test is on time.
        let now = data["ScheduleStatus"]["Next"].clone();
        let metadata = json!({ "sys": { "MethodName": name, "UtcNow": now } });
        self.call_with(name, &json!({ "Data": { binding: data }, "Metadata": metadata })).await
    }

    /// Calls a function with a whole payload: `Data` and `Metadata`.
    ///
    /// # Panics
    /// When the app has no function of this name.
    pub async fn call_with(&self, name: &str, payload: &Value) -> TestResult {
        let request = Request::post(format!("/{name}")).header(CONTENT_TYPE, "application/json; charset=utf-8");
        let request = match request.body(payload.to_string()) {
            Ok(request) => request,
            Err(error) => panic!("{name} is not the name of a function: {error}"),
        };
        let (head, body) = self.http(request).await.into_parts();
        let mut result = serde_json::from_slice::<Map<String, Value>>(&body).unwrap_or_default();
        let mut member = |name: &str| result.remove(name).unwrap_or_default();
        let logs = member("Logs").as_array().cloned().unwrap_or_default();
        TestResult {
            status: head.status,
            outputs: member("Outputs").as_object().cloned().unwrap_or_default(),
            return_value: member("ReturnValue"),
            logs: logs.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// Checks that the app has a function for each folder with a function.json in `root`, and a folder for each
    /// function. A relative `root` is relative to the current folder: in a test, the folder of the crate.
    ///
    /// # Panics
    /// When a folder has no function, or a function has no folder; the message names them.
    pub fn check_folders(&self, root: impl AsRef<Path>) {
        let root = root.as_ref();
        let entries = fs::read_dir(root).unwrap_or_else(|error| panic!("cannot read {}: {error}", root.display()));
        let folders =
            entries.filter_map(|entry| entry.ok().filter(|entry| entry.path().join("function.json").is_file()));
        let folders: BTreeSet<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        let names: BTreeSet<String> = self.names.iter().map(|name| (*name).to_owned()).collect();
        let without_function: Vec<_> = folders.difference(&names).collect();
        let without_folder: Vec<_> = names.difference(&folders).collect();
        assert!(
            without_function.is_empty() && without_folder.is_empty(),
            "in {}, folders without a function of the app: {without_function:?}; functions of the app without a folder: \
             {without_folder:?}",
            root.display()
        );
    }
}

impl TestResult {
    /// Reports whether the invocation has succeeded for the host.
    pub fn succeeded(&self) -> bool {
        self.status.is_success()
    }
}

impl<S> FunctionApp<S> {
    fn triggers(&self) -> Vec<(&'static str, String)> {
        let read =
            |(name, text): (&'static str, &str)| Some((name, Definition::read(name, text).ok()?.trigger.binding));
        self.definitions().filter_map(read).collect()
    }
}
