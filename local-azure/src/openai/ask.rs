//! The operation of a request, by its method, path and query.

use http::Method;

use super::refusal::ModelRefusal;
use crate::rbac::Operation;

/// Past and present versions of the deployments surface
/// (learn.microsoft.com/azure/foundry/openai/api-version-lifecycle).
const DATED: [&str; 23] = [
    "2022-12-01",
    "2023-05-15",
    "2023-06-01-preview",
    "2023-07-01-preview",
    "2023-08-01-preview",
    "2023-09-01-preview",
    "2023-12-01-preview",
    "2024-02-01",
    "2024-02-15-preview",
    "2024-03-01-preview",
    "2024-04-01-preview",
    "2024-05-01-preview",
    "2024-06-01",
    "2024-07-01-preview",
    "2024-08-01-preview",
    "2024-09-01-preview",
    "2024-10-01-preview",
    "2024-10-21",
    "2024-12-01-preview",
    "2025-01-01-preview",
    "2025-02-01-preview",
    "2025-03-01-preview",
    "2025-04-01-preview",
];

/// The first version with the Responses API.
const RESPONSES_SINCE: &str = "2025-03-01-preview";

/// The surface to which a request was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surface<'r> {
    /// `/openai/v1/…`: the body names the model.
    V1,
    /// `/openai/…?api-version=…`, with this version.
    Dated(&'r str),
    /// `/contentsafety/…`.
    ContentSafety,
}

/// The task of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task<'r> {
    /// A chat completion, with the deployment if the path names it.
    Chat(Option<&'r str>),
    Embeddings(Option<&'r str>),
    Respond,
    ReadResponse(&'r str),
    DeleteResponse(&'r str),
    ReadResponseInput(&'r str),
    ListModels,
    ReadModel(&'r str),
    AnalyzeText,
    ShieldPrompt,
}

/// A request with an operation of this service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ModelRequest<'r> {
    pub(super) surface: Surface<'r>,
    pub(super) task: Task<'r>,
}

impl<'r> ModelRequest<'r> {
    pub(super) fn from_path(method: &Method, path: &'r str, query: Option<&'r str>) -> Result<Self, ModelRefusal> {
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let (surface, rest) = match &*segments {
            ["openai", "v1", rest @ ..] => (Surface::V1, rest),
            ["openai", rest @ ..] => (Surface::Dated(""), rest),
            ["contentsafety", rest @ ..] => (Surface::ContentSafety, rest),
            ["anthropic" | "models" | "api", ..] => return Err(not_served(path)),
            _ => return Err(ModelRefusal::ResourceNotFound),
        };
        let task = match surface {
            Surface::V1 => v1(method, rest, path)?,
            Surface::Dated(_) => dated(method, rest, path)?,
            Surface::ContentSafety => content_safety(method, rest)?,
        };
        let version = version(query)?;
        let surface = match surface {
            Surface::V1 => match version {
                None | Some("v1" | "preview") => Surface::V1,
                Some(_) => return Err(ModelRefusal::VersionNotSupported),
            },
            Surface::Dated(_) => match version.filter(|version| DATED.contains(version)) {
                None if version == Some("preview") => return Err(ModelRefusal::DeploymentNotFound { is_v1: false }),
                None => return Err(ModelRefusal::ResourceNotFound),
                Some(version) if matches!(task, Task::Chat(_) | Task::Embeddings(_)) || version >= RESPONSES_SINCE => {
                    Surface::Dated(version)
                }
                Some(_) => return Err(ModelRefusal::ResourceNotFound),
            },
            Surface::ContentSafety if version.is_some() => Surface::ContentSafety,
            Surface::ContentSafety => return Err(ModelRefusal::ResourceNotFound),
        };
        Ok(Self { surface, task })
    }

    /// Returns the operation, and with it the right that the request needs.
    pub(super) const fn operation(&self) -> Operation {
        match self.task {
            Task::Chat(_) => Operation::CreateChatCompletion,
            Task::Embeddings(_) => Operation::CreateEmbeddings,
            Task::Respond | Task::DeleteResponse(_) => Operation::WriteResponse,
            Task::ReadResponse(_) | Task::ReadResponseInput(_) => Operation::ReadResponse,
            Task::ListModels | Task::ReadModel(_) => Operation::ReadModels,
            Task::AnalyzeText | Task::ShieldPrompt => Operation::AnalyzeText,
        }
    }

    /// Returns the operation's name in a refusal.
    pub(super) fn described(&self) -> String {
        let prefix = if self.surface == Surface::V1 { "/openai/v1" } else { "/openai" };
        let (method, path) = match self.task {
            Task::Chat(None) => ("POST", "/chat/completions"),
            Task::Chat(Some(_)) => ("POST", "/deployments/{deployment-id}/chat/completions"),
            Task::Embeddings(None) => ("POST", "/embeddings"),
            Task::Embeddings(Some(_)) => ("POST", "/deployments/{deployment-id}/embeddings"),
            Task::Respond => ("POST", "/responses"),
            Task::ReadResponse(_) => ("GET", "/responses/{response-id}"),
            Task::DeleteResponse(_) => ("DELETE", "/responses/{response-id}"),
            Task::ReadResponseInput(_) => ("GET", "/responses/{response-id}/input_items"),
            Task::ListModels => ("GET", "/models"),
            Task::ReadModel(_) => ("GET", "/models/{model}"),
            Task::AnalyzeText => return "POST /contentsafety/text:analyze".to_owned(),
            Task::ShieldPrompt => return "POST /contentsafety/text:shieldPrompt".to_owned(),
        };
        format!("{method} {prefix}{path}")
    }
}

fn v1<'r>(method: &Method, rest: &[&'r str], path: &str) -> Result<Task<'r>, ModelRefusal> {
    match (method.as_str(), rest) {
        ("POST", ["chat", "completions"]) => Ok(Task::Chat(None)),
        ("POST", ["embeddings"]) => Ok(Task::Embeddings(None)),
        ("POST", ["responses"]) => Ok(Task::Respond),
        ("GET", ["responses", id]) => Ok(Task::ReadResponse(id)),
        ("DELETE", ["responses", id]) => Ok(Task::DeleteResponse(id)),
        ("GET", ["responses", id, "input_items"]) => Ok(Task::ReadResponseInput(id)),
        ("GET", ["models"]) => Ok(Task::ListModels),
        ("GET", ["models", id]) => Ok(Task::ReadModel(id)),
        (
            _,
            [
                "files" | "uploads" | "vector_stores" | "containers" | "evals" | "fine_tuning" | "batches" | "audio"
                | "images" | "videos" | "realtime" | "assistants" | "threads" | "conversations" | "completions"
                | "responses",
                ..,
            ],
        ) => Err(not_served(path)),
        _ => Err(ModelRefusal::ResourceNotFound),
    }
}

fn dated<'r>(method: &Method, rest: &[&'r str], path: &str) -> Result<Task<'r>, ModelRefusal> {
    match (method.as_str(), rest) {
        ("POST", ["deployments", name, "chat", "completions"]) => Ok(Task::Chat(Some(name))),
        ("POST", ["deployments", name, "embeddings"]) => Ok(Task::Embeddings(Some(name))),
        ("POST", ["responses"]) => Ok(Task::Respond),
        ("GET", ["responses", id]) => Ok(Task::ReadResponse(id)),
        ("DELETE", ["responses", id]) => Ok(Task::DeleteResponse(id)),
        ("GET", ["responses", id, "input_items"]) => Ok(Task::ReadResponseInput(id)),
        (_, ["deployments", _, "completions" | "extensions" | "images" | "audio", ..]) => Err(not_served(path)),
        (_, ["files" | "assistants" | "threads" | "vector_stores" | "models" | "realtime" | "batches", ..]) => {
            Err(not_served(path))
        }
        _ => Err(ModelRefusal::ResourceNotFound),
    }
}

fn content_safety<'r>(method: &Method, rest: &[&str]) -> Result<Task<'r>, ModelRefusal> {
    match (method.as_str(), rest) {
        ("POST", ["text:analyze"]) => Ok(Task::AnalyzeText),
        ("POST", ["text:shieldPrompt"]) => Ok(Task::ShieldPrompt),
        _ => Err(ModelRefusal::ResourceNotFound),
    }
}

/// Returns the only known parameter.
fn version(query: Option<&str>) -> Result<Option<&str>, ModelRefusal> {
    let mut version = None;
    for part in query.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some(("api-version", value)) => version = Some(value),
            other => return Err(ModelRefusal::UnknownParameter(other.map_or(part, |(name, _)| name).to_owned())),
        }
    }
    Ok(version.filter(|version| !version.is_empty()))
}

fn not_served(path: &str) -> ModelRefusal {
    ModelRefusal::NotServed(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask<'r>(method: &str, path: &'r str, query: &'r str) -> Result<ModelRequest<'r>, String> {
        let query = (!query.is_empty()).then_some(query);
        ModelRequest::from_path(&method.parse().unwrap(), path, query).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn each_path_has_its_task() {
        for (method, path, query, described) in [
            ("POST", "/openai/v1/chat/completions", "", "POST /openai/v1/chat/completions"),
            ("POST", "/openai/v1/responses", "api-version=preview", "POST /openai/v1/responses"),
            ("GET", "/openai/v1/models", "api-version=v1", "GET /openai/v1/models"),
            (
                "POST",
                "/openai/deployments/a/chat/completions",
                "api-version=2024-10-21",
                "POST /openai/deployments/{deployment-id}/chat/completions",
            ),
            ("POST", "/openai/responses", "api-version=2025-04-01-preview", "POST /openai/responses"),
            ("POST", "/contentsafety/text:analyze", "api-version=2024-09-01", "POST /contentsafety/text:analyze"),
        ] {
            assert_eq!(ask(method, path, query).map(|ask| ask.described()), Ok(described.to_owned()), "{path}");
        }
    }

    #[test]
    fn what_does_not_exist_is_not_found() {
        const NOT_FOUND: &str = "Resource not found";
        for (method, path, query, why) in [
            ("POST", "/openai/deployments/a/chat/completions", "", NOT_FOUND),
            ("POST", "/openai/deployments/a/chat/completions", "api-version=2024-10-22", NOT_FOUND),
            ("POST", "/openai/deployments/a/chat/completions", "api-version=v1", NOT_FOUND),
            ("POST", "/openai/responses", "api-version=2024-10-21", NOT_FOUND),
            ("GET", "/openai/v1/chat/completions", "", NOT_FOUND),
            ("GET", "/openai/v1/deployments", "", NOT_FOUND),
            ("GET", "/openai/deployments", "api-version=2024-10-21", NOT_FOUND),
            ("POST", "/openai/v1/chat/completions/", "", NOT_FOUND),
            ("POST", "/v1/chat/completions", "", NOT_FOUND),
            ("GET", "/", "", NOT_FOUND),
            ("POST", "/openai/v1/chat/completions", "api-version=2024-10-21", "API version not supported"),
            ("POST", "/openai/v1/files", "", "local-azure does not serve /openai/v1/files"),
            ("POST", "/anthropic/v1/messages", "", "local-azure does not serve /anthropic/v1/messages"),
            (
                "GET",
                "/openai/v1/models",
                "limit=3",
                "local-azure does not know the query parameter limit of a model account",
            ),
        ] {
            assert_eq!(ask(method, path, query).unwrap_err(), why, "{method} {path}?{query}");
        }
        let preview = ask("POST", "/openai/deployments/a/embeddings", "api-version=preview").unwrap_err();
        assert!(preview.starts_with("The API deployment for this resource does not exist."), "{preview}");
    }
}
