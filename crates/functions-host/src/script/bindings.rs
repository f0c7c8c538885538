//! The bindings of a function: one trigger, and for HTTP the output that carries the response.
//!
//! A function with an unknown type or member fails to load; the error names it.

use std::fmt;

use http::Method;
use ncrontab::Schedule;
use serde_json::{Map, Value};

use super::{
    HttpMode, Settings,
    auth_level::AuthLevel,
    error::FunctionProblem,
    host_json::HostJson,
    members::{Members, flag, scalar_text},
};
use crate::template::{Template, TemplateError};

/// The trigger of a function.
#[derive(Debug)]
pub(crate) enum Trigger {
    Http(HttpTrigger),
    Timer(TimerTrigger),
}

#[derive(Debug)]
pub(crate) struct HttpTrigger {
    /// The key in `Data`.
    pub(crate) binding: String,
    /// The route as written, without the prefix and without a slash at its end. If it is absent, it is the function's
    /// name.
    pub(crate) route: String,
    /// The template of the route with its prefix.
    pub(crate) template: Template,
    /// The methods. Absent if every method is allowed.
    pub(crate) methods: Option<Vec<Method>>,
    pub(crate) level: AuthLevel,
    pub(crate) outputs: Vec<HttpOutput>,
    pub(crate) mode: HttpMode,
}

/// An `http` output.
#[derive(Debug)]
pub(crate) struct HttpOutput {
    pub(crate) name: String,
    /// Whether `dataType` is `binary`. If so, a text that is base64 stays a text.
    pub(crate) binary: bool,
    /// Whether the type is written `http` in exactly this letter case. Otherwise the value is read as the value of
    /// `$return`.
    pub(crate) plain: bool,
}

#[derive(Debug)]
pub(crate) struct TimerTrigger {
    /// The key in `Data`.
    pub(crate) binding: String,
    pub(crate) schedule: Schedule,
    pub(crate) run_on_startup: bool,
    pub(crate) use_monitor: bool,
}

/// The members that every binding has.
struct Binding {
    kind: String,
    name: String,
    direction: Direction,
    /// Whether `dataType` is `binary`.
    binary: bool,
    members: Members,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    In,
    Out,
    InOut,
}

impl Trigger {
    pub(super) fn from_bindings(
        bindings: Vec<Map<String, Value>>,
        function: &str,
        host: &HostJson,
        settings: &Settings,
        warnings: &mut Vec<String>,
    ) -> Result<Self, FunctionProblem> {
        let mut bindings = bindings.into_iter().map(Binding::read).collect::<Result<Vec<_>, _>>()?;
        refuse_repeated_names(&bindings)?;
        let mut triggers = bindings.extract_if(.., |binding| binding.is_trigger());
        let (trigger, second) = (triggers.next(), triggers.next());
        drop(triggers);
        let trigger = match (trigger, second) {
            (Some(trigger), None) if trigger.direction == Direction::In => trigger,
            (Some(trigger), None) => {
                return Err(format!("the trigger \"{}\" has direction \"{}\"", trigger.name, trigger.direction).into());
            }
            (None, _) => return Err("no trigger binding".to_owned().into()),
            (Some(_), Some(_)) => return Err("more than one trigger binding".to_owned().into()),
        };
        let outputs = http_outputs(bindings, host.lenient, warnings)?;
        match trigger.kind.to_ascii_lowercase().as_str() {
            "httptrigger" => HttpTrigger::read(trigger, outputs, function, host, warnings).map(Self::Http),
            // An http output of a timer is allowed and has no meaning.
            "timertrigger" => Ok(TimerTrigger::read(trigger, settings, host.lenient, warnings).map(Self::Timer)?),
            _ => Err(format!(
                "the trigger type \"{}\" is not supported by this host (httpTrigger and timerTrigger are)",
                trigger.kind
            )
            .into()),
        }
    }
}

impl HttpTrigger {
    fn read(
        mut trigger: Binding,
        outputs: Vec<HttpOutput>,
        function: &str,
        host: &HostJson,
        warnings: &mut Vec<String>,
    ) -> Result<Self, FunctionProblem> {
        let level = AuthLevel::read(trigger.members.take("authLevel"))?;
        let methods = methods(trigger.members.take("methods"))?;
        let route = match trigger.members.take("route") {
            None => None,
            Some(value) => scalar_text(&value).ok_or_else(|| format!("route is {value}, not a text"))?,
        };
        trigger.members.finish(host.lenient, warnings)?;
        let route = route.filter(|route| !route.trim().is_empty()).unwrap_or_else(|| function.to_owned());
        // The handler gets the caller's request only if the function's single output is the response.
        let mode = if outputs.len() == 1 { host.http } else { HttpMode::Payload };
        Ok(Self {
            binding: trigger.name,
            template: route_template(&host.route_prefix, &route)?,
            route: route.strip_suffix('/').unwrap_or(&route).to_owned(),
            methods,
            level,
            outputs,
            mode,
        })
    }

    /// Reports whether both have the same template for a common method.
    pub(super) fn conflicts_with(&self, other: &Self) -> bool {
        let methods = match (&self.methods, &other.methods) {
            (Some(a), Some(b)) => a.iter().any(|method| b.contains(method)),
            (Some(methods), None) | (None, Some(methods)) => !methods.is_empty(),
            (None, None) => true,
        };
        methods && self.route.to_lowercase() == other.route.to_lowercase()
    }
}

impl TimerTrigger {
    fn read(
        mut trigger: Binding,
        settings: &Settings,
        lenient: bool,
        warnings: &mut Vec<String>,
    ) -> Result<Self, String> {
        let name = trigger.name;
        let schedule = trigger.members.take("schedule").ok_or_else(|| format!("\"{name}\" has no schedule"))?;
        let schedule = scalar_text(&schedule).flatten().ok_or_else(|| format!("schedule is {schedule}, not a text"))?;
        let mut on = |member: &str, default| match trigger.members.take(member) {
            None => Ok(default),
            Some(value) => flag(&value).ok_or_else(|| format!("{member} is {value}, neither true nor false")),
        };
        let (run_on_startup, use_monitor) = (on("runOnStartup", false)?, on("useMonitor", true)?);
        trigger.members.finish(lenient, warnings)?;
        let text = settings.resolve(&schedule)?;
        let schedule = Schedule::parse(&text).map_err(|error| error.to_string())?;
        let use_monitor = use_monitor && !schedule.is_too_frequent_to_monitor();
        Ok(Self { binding: name, schedule, run_on_startup, use_monitor })
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::In => "in",
            Self::Out => "out",
            Self::InOut => "inout",
        })
    }
}

impl Binding {
    fn read(members: Map<String, Value>) -> Result<Self, String> {
        let mut members = Members::new(members);
        let mut text = |member: &str| match members.take(member) {
            Some(Value::String(text)) => Ok(Some(text)),
            None | Some(Value::Null) => Ok(None),
            Some(other) => Err(format!("\"{member}\" of a binding is {other}, not a text")),
        };
        let kind = text("type")?.filter(|kind| !kind.is_empty()).ok_or("a binding has no \"type\"")?;
        let name = text("name")?.ok_or("a binding has no \"name\"")?;
        let direction = match text("direction")?.unwrap_or_else(|| "in".to_owned()).to_ascii_lowercase().as_str() {
            "in" => Direction::In,
            "out" => Direction::Out,
            "inout" => Direction::InOut,
            other => return Err(format!("direction \"{other}\" of \"{name}\" is not in, out or inout")),
        };
        if !is_binding_name(&name) || (name == "$return" && direction != Direction::Out) {
            return Err(format!(
                "\"{name}\" is not a binding name: a letter, then letters and digits, or \"$return\" for an output"
            ));
        }
        let data_type = text("dataType")?;
        let binary = data_type.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("binary"));
        one_of(data_type, "dataType", &["string", "binary", "stream"])?;
        one_of(text("cardinality")?, "cardinality", &["one", "many"])?;
        if let Some(properties) = members.take("properties") {
            let deferred = properties.as_object().is_some_and(|properties| {
                properties.keys().any(|name| name.eq_ignore_ascii_case("supportsDeferredBinding"))
            });
            if deferred && kind.eq_ignore_ascii_case("httpTrigger") {
                return Err("properties.supportsDeferredBinding is not for an httpTrigger".to_owned());
            }
        }
        for ignored in ["connection", "webHookType"] {
            members.take(ignored);
        }
        Ok(Self { kind, name, direction, binary, members })
    }

    fn is_trigger(&self) -> bool {
        self.kind.to_ascii_lowercase().ends_with("trigger")
    }
}

/// Checks an optional text against the known values, in any letter case.
fn one_of(text: Option<String>, member: &str, known: &[&str]) -> Result<(), String> {
    match text.filter(|text| !known.iter().any(|known| known.eq_ignore_ascii_case(text))) {
        Some(other) => Err(format!("{member} is \"{other}\"; this host takes {}", known.join(", "))),
        None => Ok(()),
    }
}

/// Returns the http outputs. This host does not support any other binding.
fn http_outputs(bindings: Vec<Binding>, lenient: bool, warnings: &mut Vec<String>) -> Result<Vec<HttpOutput>, String> {
    let mut outputs = Vec::new();
    for binding in bindings {
        if !binding.kind.eq_ignore_ascii_case("http") {
            return Err(format!(
                "the binding \"{}\" (type \"{}\", direction \"{}\") is not supported by this host",
                binding.name, binding.kind, binding.direction
            ));
        }
        if binding.direction != Direction::Out {
            return Err(format!("the http binding \"{}\" must have direction \"out\"", binding.name));
        }
        binding.members.finish(lenient, warnings)?;
        outputs.push(HttpOutput { plain: binding.kind == "http", name: binding.name, binary: binding.binary });
    }
    Ok(outputs)
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

/// Reads the methods. The result is absent for every method. A name that no request can have never matches.
fn methods(value: Option<Value>) -> Result<Option<Vec<Method>>, String> {
    let names = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(names)) => names,
        Some(other) => return Err(format!("methods is {other}, not a list")),
    };
    let method = |name: Value| {
        let text = scalar_text(&name).flatten().ok_or_else(|| format!("methods holds {name}, not a text"))?;
        Ok(Method::from_bytes(text.to_ascii_uppercase().as_bytes()).ok())
    };
    let methods: Vec<Option<Method>> = names.into_iter().map(method).collect::<Result<_, String>>()?;
    Ok(Some(methods.into_iter().flatten().collect()))
}

fn route_template(prefix: &str, route: &str) -> Result<Template, FunctionProblem> {
    let lower = route.trim_matches('/').to_ascii_lowercase();
    if lower.starts_with("admin") || lower.starts_with("runtime") {
        return Err(format!(
            "the route \"{route}\" begins with \"admin\" or \"runtime\", which the host keeps for itself"
        )
        .into());
    }
    let whole = if prefix.is_empty() { route.to_owned() } else { format!("{prefix}/{route}") };
    Template::parse(&whole).map_err(|error| match error {
        TemplateError::Refused(problem) => FunctionProblem::StopsTheHost { template: whole, problem },
        TemplateError::Unsupported(_) => FunctionProblem::InError(format!("route \"{route}\": {error}")),
    })
}
