//! The bindings of a function: one trigger, and for HTTP the output that carries the response.
//!
//! A type or member that is not known here makes the function fail to load, naming it.

use std::{fmt, str::FromStr};

use http::Method;
use ncrontab::Schedule;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{HttpMode, Settings, host_json::HostJson};
use crate::template::Template;

/// What starts a function.
#[derive(Debug)]
pub(crate) enum Trigger {
    Http(HttpTrigger),
    Timer(TimerTrigger),
}

#[derive(Debug)]
pub(crate) struct HttpTrigger {
    /// Key in `Data`.
    pub(crate) binding: String,
    /// As written, without the prefix; the function's name if absent.
    pub(crate) route: String,
    /// With the prefix.
    pub(crate) template: Template,
    /// Absent: every method.
    pub(crate) methods: Option<Vec<Method>>,
    pub(crate) level: AuthLevel,
    /// Name of the `http` output.
    pub(crate) output: String,
    pub(crate) mode: HttpMode,
}

/// Which key a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthLevel {
    Anonymous,
    User,
    Function,
    System,
    Admin,
}

#[derive(Debug)]
pub(crate) struct TimerTrigger {
    /// Key in `Data`.
    pub(crate) binding: String,
    pub(crate) schedule: Schedule,
    pub(crate) run_on_startup: bool,
    pub(crate) use_monitor: bool,
}

/// What every binding has.
struct Binding {
    kind: String,
    name: String,
    output: bool,
    members: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HttpMembers {
    auth_level: Option<String>,
    methods: Option<Vec<String>>,
    route: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TimerMembers {
    schedule: String,
    #[serde(default)]
    run_on_startup: bool,
    #[serde(default = "yes")]
    use_monitor: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoMembers {}

fn yes() -> bool {
    true
}

impl Trigger {
    pub(super) fn from_bindings(
        bindings: Vec<Map<String, Value>>,
        function: &str,
        host: &HostJson,
        settings: &Settings,
    ) -> Result<Self, String> {
        let mut bindings = bindings.into_iter().map(Binding::read).collect::<Result<Vec<_>, _>>()?;
        refuse_repeated_names(&bindings)?;
        let mut triggers = bindings.extract_if(.., |binding| binding.is_trigger());
        let (trigger, second) = (triggers.next(), triggers.next());
        drop(triggers);
        let trigger = match (trigger, second) {
            (Some(trigger), None) if !trigger.output => trigger,
            (Some(trigger), None) => return Err(format!("the trigger \"{}\" has direction \"out\"", trigger.name)),
            (None, _) => return Err("no trigger binding".to_owned()),
            (Some(_), Some(_)) => return Err("more than one trigger binding".to_owned()),
        };
        match trigger.kind.to_ascii_lowercase().as_str() {
            "httptrigger" => HttpTrigger::read(trigger, bindings, function, host).map(Self::Http),
            "timertrigger" => TimerTrigger::read(trigger, &bindings, settings).map(Self::Timer),
            _ => Err(format!(
                "the trigger type \"{}\" is not supported by this host (httpTrigger and timerTrigger are)",
                trigger.kind
            )),
        }
    }
}

impl HttpTrigger {
    fn read(trigger: Binding, others: Vec<Binding>, function: &str, host: &HostJson) -> Result<Self, String> {
        let Binding { name, members, .. } = trigger;
        let members: HttpMembers = parse(&name, members)?;
        let level = members.auth_level.as_deref().map_or(Ok(AuthLevel::Function), str::parse)?;
        let mut output = None;
        for other in others {
            if !other.kind.eq_ignore_ascii_case("http") || !other.output || output.is_some() {
                return Err(unsupported(&other));
            }
            parse::<NoMembers>(&other.name, other.members)?;
            output = Some(other.name);
        }
        let output = output.ok_or("an httpTrigger without an http output is not supported by this host")?;
        if output == "$return" && host.http == HttpMode::Payload {
            return Err("an http output named \"$return\" is supported by this host only with \
                        enableForwardingHttpRequest or enableProxyingHttpRequest: name it \"res\""
                .to_owned());
        }
        let route = members.route.unwrap_or_else(|| function.to_owned());
        Ok(Self {
            binding: name,
            template: route_template(&host.route_prefix, &route)?,
            route: route.trim_matches('/').to_owned(),
            methods: members.methods.map(methods).transpose()?,
            level,
            output,
            mode: host.http,
        })
    }

    /// The same template for a common method.
    pub(super) fn conflicts_with(&self, other: &Self) -> bool {
        let methods = match (&self.methods, &other.methods) {
            (Some(a), Some(b)) => a.iter().any(|method| b.contains(method)),
            _ => true,
        };
        methods && self.route.eq_ignore_ascii_case(&other.route)
    }
}

impl AuthLevel {
    const ALL: [Self; 5] = [Self::Anonymous, Self::User, Self::Function, Self::System, Self::Admin];

    fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User => "user",
            Self::Function => "function",
            Self::System => "system",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for AuthLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for AuthLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let level = Self::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(text));
        level.ok_or_else(|| format!("\"{text}\" is not an authLevel"))
    }
}

impl TimerTrigger {
    fn read(trigger: Binding, others: &[Binding], settings: &Settings) -> Result<Self, String> {
        if let Some(other) = others.first() {
            return Err(unsupported(other));
        }
        let members: TimerMembers = parse(&trigger.name, trigger.members)?;
        let text = settings.resolve(&members.schedule)?;
        let schedule = Schedule::parse(&text).map_err(|error| error.to_string())?;
        Ok(Self {
            binding: trigger.name,
            use_monitor: members.use_monitor && !schedule.is_too_frequent_to_monitor(),
            run_on_startup: members.run_on_startup,
            schedule,
        })
    }
}

impl Binding {
    fn read(mut members: Map<String, Value>) -> Result<Self, String> {
        let mut text = |member: &str| match members.remove(member) {
            Some(Value::String(text)) => Ok(Some(text)),
            None => Ok(None),
            Some(other) => Err(format!("\"{member}\" of a binding is {other}, not a text")),
        };
        let kind = text("type")?.ok_or("a binding has no \"type\"")?;
        let name = text("name")?.ok_or("a binding has no \"name\"")?;
        let direction = text("direction")?.unwrap_or_else(|| "in".to_owned()).to_ascii_lowercase();
        let output = match direction.as_str() {
            "in" => false,
            "out" => true,
            other => return Err(format!("direction \"{other}\" of \"{name}\" is not supported by this host")),
        };
        if !is_binding_name(&name) || (name == "$return" && !output) {
            return Err(format!(
                "\"{name}\" is not a binding name: a letter, then letters and digits, or \"$return\" for an output"
            ));
        }
        Ok(Self { kind, name, output, members })
    }

    fn is_trigger(&self) -> bool {
        self.kind.to_ascii_lowercase().ends_with("trigger")
    }
}

fn is_binding_name(name: &str) -> bool {
    name == "$return"
        || (name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.len() <= 128
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn refuse_repeated_names(bindings: &[Binding]) -> Result<(), String> {
    for (at, binding) in bindings.iter().enumerate() {
        if bindings[..at].iter().any(|other| other.name.eq_ignore_ascii_case(&binding.name)) {
            return Err(format!("two bindings are named \"{}\"", binding.name));
        }
    }
    Ok(())
}

fn unsupported(binding: &Binding) -> String {
    let direction = if binding.output { "out" } else { "in" };
    format!(
        "the binding \"{}\" (type \"{}\", direction \"{direction}\") is not supported by this host",
        binding.name, binding.kind
    )
}

fn parse<T: DeserializeOwned>(name: &str, members: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(members)).map_err(|error| format!("binding \"{name}\": {error}"))
}

fn methods(names: Vec<String>) -> Result<Vec<Method>, String> {
    let parse = |name: String| {
        Method::from_bytes(name.to_ascii_uppercase().as_bytes())
            .map_err(|_| format!("\"{name}\" is not an HTTP method"))
    };
    names.into_iter().map(parse).collect()
}

fn route_template(prefix: &str, route: &str) -> Result<Template, String> {
    let route = route.trim_matches('/');
    let lower = route.to_ascii_lowercase();
    if lower.starts_with("admin") || lower.starts_with("runtime") {
        return Err(format!(
            "the route \"{route}\" begins with \"admin\" or \"runtime\", which the host keeps for itself"
        ));
    }
    if route.contains('%') {
        return Err(format!("\"%\" in the route \"{route}\" is not supported by this host"));
    }
    Template::parse(format!("{prefix}/{route}").trim_matches('/'))
        .map_err(|problem| format!("route \"{route}\": {problem}"))
}
