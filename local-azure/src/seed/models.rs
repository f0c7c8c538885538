//! Accounts of Azure OpenAI and Foundry, and the models deployed there.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Seed, check::unique};

/// An account of Azure OpenAI or Foundry.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelAccount {
    /// Account name, which is also its custom subdomain: the host is `{name}.openai.azure.com`.
    pub name: String,
    /// Its kind, as Azure names it.
    pub kind: ModelAccountKind,
    /// Whether the account refuses keys, so that only tokens give access.
    #[serde(default)]
    pub disable_local_auth: bool,
    /// The number of seconds after the start in which the account does not know role assignments. Callers are refused
    /// as while assignments spread in Azure.
    #[serde(default)]
    pub role_delay_seconds: u32,
    /// Texts that its content filter and Azure AI Content Safety find.
    #[serde(default)]
    pub content_filter: Vec<FilteredText>,
    /// Deployed models.
    #[serde(default)]
    pub deployments: Vec<ModelDeployment>,
}

/// Kind of an account.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
pub enum ModelAccountKind {
    /// Azure OpenAI, one host.
    OpenAI,
    /// A Foundry resource, which answers on three hosts and has Content Safety.
    AIServices,
}

/// A deployed model.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelDeployment {
    /// Deployment name, which requests contain.
    pub name: String,
    /// Name of the model, such as `gpt-5.4-mini`. Names that begin with `text-embedding` make embeddings, others chat.
    pub model: String,
    /// Version of the model, such as `2026-03-17`.
    pub version: Option<String>,
    /// Requests a minute; more are refused with 429.
    pub requests_per_minute: Option<u32>,
    /// Tokens a minute; more are refused with 429.
    pub tokens_per_minute: Option<u32>,
    /// Whether it is a reasoning model, which refuses `max_tokens` and any temperature but 1.
    #[serde(default)]
    pub reasoning: bool,
    /// The largest number of tokens of prompt and answer together.
    #[serde(default = "usual_context_window")]
    pub context_window: u32,
    /// Its answer. Without this, it answers with words about the last message and with that message again.
    pub answer: Option<String>,
    /// A fault on purpose.
    pub fault: Option<ModelFault>,
}

/// The fault of a deployment.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ModelFault {
    /// The kind of failure.
    pub kind: ModelFaultKind,
    /// The fault strikes one of this many requests, beginning with the first: 1 is all, 2 is half.
    #[serde(default = "each")]
    pub every: u32,
}

/// The kind of a deployment's failure.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum ModelFaultKind {
    /// 429: the deployment's rate is used up.
    Throttled,
    /// 429 with the code `no_capacity`.
    NoCapacity,
    /// 500.
    ServerError,
    /// A stream begins with 200 and ends with an error of too many requests.
    BreaksOff,
}

/// A text that the content filter finds, in any letter case. The filter guesses nothing: a text that is not listed
/// passes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FilteredText {
    /// The text.
    pub text: String,
    /// The category of the text.
    pub category: ContentCategory,
    /// The severity of the text. The filter blocks medium and high.
    #[serde(default)]
    pub severity: Severity,
}

/// A category of harmful content.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum ContentCategory {
    /// Hate.
    Hate,
    /// Self-harm.
    SelfHarm,
    /// Sexual content.
    Sexual,
    /// Violence.
    Violence,
    /// A prompt that attacks the model's instructions; it has no severity.
    Jailbreak,
}

/// The severity of harmful content.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// 2 of 7.
    Low,
    /// 4 of 7.
    Medium,
    /// 6 of 7.
    #[default]
    High,
}

const fn usual_context_window() -> u32 {
    128_000
}

const fn each() -> u32 {
    1
}

impl ModelAccount {
    /// Iterates over its host names.
    pub fn hosts(&self) -> impl Iterator<Item = String> {
        let domains: &[&str] = match self.kind {
            ModelAccountKind::OpenAI => &["openai.azure.com"],
            ModelAccountKind::AIServices => {
                &["openai.azure.com", "services.ai.azure.com", "cognitiveservices.azure.com"]
            }
        };
        domains.iter().map(|domain| format!("{}.{domain}", self.name))
    }
}

impl ModelDeployment {
    /// Reports whether it makes embeddings instead of chatting.
    #[must_use]
    pub fn embeds(&self) -> bool {
        self.model.starts_with("text-embedding")
    }

    /// Returns the model with its version, as answers name it.
    #[must_use]
    pub fn full_model(&self) -> String {
        match &self.version {
            Some(version) if !self.embeds() => format!("{}-{version}", self.model),
            _ => self.model.clone(),
        }
    }
}

impl Seed {
    pub(super) fn check_model_accounts(&self, problems: &mut Vec<String>) {
        unique(problems, "model account", self.model_accounts.iter().map(|account| account.name.as_str()));
        for account in &self.model_accounts {
            let what = format!("model_accounts: in \"{}\" the deployment", account.name);
            unique(problems, &what, account.deployments.iter().map(|one| one.name.as_str()));
            // learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            if !(2..=64).contains(&account.name.len()) || !account.name.bytes().all(fits) {
                problems.push(format!(
                    "model_accounts: a name has 2 to 64 letters, digits and hyphens, not \"{}\"",
                    account.name
                ));
            }
            for text in account.content_filter.iter().filter(|one| one.text.trim().is_empty()) {
                let category = text.category;
                problems.push(format!("model_accounts: \"{}\" filters an empty text as {category:?}", account.name));
            }
            for deployment in &account.deployments {
                let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
                if deployment.name.is_empty() || !deployment.name.bytes().all(fits) {
                    problems.push(format!(
                        "model_accounts: a deployment's name has letters, digits, -, _ and ., not \"{}\"",
                        deployment.name
                    ));
                }
                if deployment.fault.is_some_and(|fault| fault.every == 0) {
                    problems.push(format!("model_accounts: the fault of \"{}\" is every 0 requests", deployment.name));
                }
            }
        }
    }
}
