//! `function.json`: accepted and refused as the Functions host does.
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-reference#functionjson>

use http::Method;
use serde_json::{Map, Value};

use crate::host_document::{self, DocumentError, member};

/// A function as its `function.json` describes it.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) trigger: Trigger,
    pub(crate) outputs: Vec<OutputBinding>,
}

/// The binding that starts the function.
#[derive(Debug)]
pub(crate) struct Trigger {
    /// The binding's name. The trigger's data arrives under this name.
    pub(crate) binding: String,
    pub(crate) kind: TriggerKind,
}

#[derive(Debug)]
pub(crate) enum TriggerKind {
    Http {
        route: String,
        methods: Methods,
    },
    Timer,
    /// The type as written, such as `queueTrigger`.
    Other(String),
}

/// The methods of an HTTP trigger; `None`: all.
#[derive(Clone, Debug)]
pub(crate) struct Methods(Option<Vec<String>>);

/// A binding that takes a value from the function.
#[derive(Debug)]
pub(crate) struct OutputBinding {
    pub(crate) name: String,
    pub(crate) is_http: bool,
    /// Whether the host passes a text on unchanged. Otherwise the host tries to decode the text as base64.
    pub(crate) is_binary: bool,
}

/// A definition that the host would not start with, or would run in another way than the app declares.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DefinitionError {
    #[error("function.json: {0}")]
    Document(#[from] DocumentError),
    #[error(
        "the name of a function begins with a letter, goes on with letters, digits, \"_\" or \"-\", has at most 128 characters, and is not \"host\""
    )]
    FunctionName,
    #[error("function.json has no list \"bindings\" with at least one binding")]
    NoBindings,
    #[error("function.json: a binding has no type")]
    NoType,
    #[error(
        "function.json: \"{0}\" is no name for a binding: it begins with a letter, and has letters and digits alone"
    )]
    BindingName(String),
    #[error("function.json: two bindings are named {0}")]
    SameBindingName(String),
    #[error("function.json: the binding {0} has a direction other than in, out and inout")]
    Direction(String),
    #[error("function.json: the direction of the binding {0} must be \"{1}\"")]
    WrongDirection(String, &'static str),
    #[error("function.json has {0} triggers; a function has one")]
    Triggers(usize),
    #[error("function.json: authLevel is anonymous, function or admin")]
    AuthLevel,
    #[error("function.json: methods is a list of texts")]
    Methods,
    #[error("function.json: route is a text")]
    Route,
    #[error("function.json: the host keeps routes that begin with \"{0}\" to itself")]
    ReservedRoute(&'static str),
    #[error("function.json: a timer needs a schedule")]
    NoSchedule,
    // The host leaves out a function with a value that it cannot read, even if the value does not matter to the
    // handler.
    #[error("function.json: {0} is {1}, and the host would leave the function out: it is {2}")]
    Value(&'static str, Value, &'static str),
    #[error("function.json has {0} output bindings of the type http: the host answers with one of them alone")]
    HttpOutputs(usize),
}

impl Definition {
    pub(crate) fn read(name: &str, text: &str) -> Result<Self, DefinitionError> {
        if !is_function_name(name) {
            return Err(DefinitionError::FunctionName);
        }
        let document = host_document::read(text)?;
        // Only this name is case-sensitive.
        let bindings = document.get("bindings").and_then(Value::as_array).filter(|bindings| !bindings.is_empty());
        let bindings = bindings.ok_or(DefinitionError::NoBindings)?.iter().map(Binding::read);
        let bindings = bindings.collect::<Result<Vec<_>, _>>()?;
        for (at, binding) in bindings.iter().enumerate() {
            if bindings[..at].iter().any(|other| other.name.eq_ignore_ascii_case(&binding.name)) {
                return Err(DefinitionError::SameBindingName(binding.name.clone()));
            }
        }
        let triggers: Vec<_> = bindings.iter().filter(|binding| binding.is_trigger()).collect();
        let [trigger] = triggers.as_slice() else { return Err(DefinitionError::Triggers(triggers.len())) };
        let trigger = trigger.trigger(name)?;
        check_outside_bindings(&document)?;
        let responses = bindings.iter().filter(|binding| binding.is_http_output()).count();
        if responses > 1 {
            return Err(DefinitionError::HttpOutputs(responses));
        }
        let outputs = bindings.iter().filter(|binding| binding.direction != Direction::In).map(Binding::output);
        Ok(Self { trigger, outputs: outputs.collect() })
    }

    /// The binding that takes the response of an HTTP function.
    pub(crate) fn http_output(&self) -> Option<&OutputBinding> {
        self.outputs.iter().find(|output| output.is_http)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
    InOut,
}

struct Binding {
    members: Map<String, Value>,
    kind: String,
    name: String,
    direction: Direction,
}

impl Binding {
    fn read(value: &Value) -> Result<Self, DefinitionError> {
        let members = value.as_object().ok_or(DefinitionError::NoType)?;
        let text = |name: &str| member(members, name).and_then(Value::as_str);
        let kind = text("type").filter(|kind| !kind.is_empty()).ok_or(DefinitionError::NoType)?.to_owned();
        let name = text("name").unwrap_or_default().to_owned();
        let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.len() <= 128
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain && name != "$return" {
            return Err(DefinitionError::BindingName(name));
        }
        let direction = match member(members, "direction").map(|direction| direction.as_str().unwrap_or("?")) {
            None => Direction::In,
            Some(text) if text.eq_ignore_ascii_case("in") => Direction::In,
            Some(text) if text.eq_ignore_ascii_case("out") => Direction::Out,
            Some(text) if text.eq_ignore_ascii_case("inout") => Direction::InOut,
            Some(_) => return Err(DefinitionError::Direction(name)),
        };
        one_of(members, "dataType", &["string", "binary", "stream"], "string, binary or stream")?;
        one_of(members, "cardinality", &["one", "many"], "one or many")?;
        let binding = Self { members: members.clone(), kind, name, direction };
        if (binding.is_http_output() && direction == Direction::In)
            || (binding.name == "$return" && direction != Direction::Out)
        {
            return Err(DefinitionError::WrongDirection(binding.name, "out"));
        }
        if binding.is_trigger() && direction != Direction::In {
            return Err(DefinitionError::WrongDirection(binding.name, "in"));
        }
        Ok(binding)
    }

    fn is_trigger(&self) -> bool {
        self.kind.to_ascii_lowercase().ends_with("trigger")
    }

    fn is_http_output(&self) -> bool {
        self.kind.eq_ignore_ascii_case("http")
    }

    fn output(&self) -> OutputBinding {
        let binary = member(&self.members, "dataType").and_then(Value::as_str);
        OutputBinding {
            name: self.name.clone(),
            is_http: self.is_http_output(),
            is_binary: binary.is_some_and(|kind| kind.eq_ignore_ascii_case("binary")),
        }
    }

    fn trigger(&self, function: &str) -> Result<Trigger, DefinitionError> {
        let kind = match self.kind.to_ascii_lowercase().as_str() {
            "httptrigger" => {
                self.check_level()?;
                self.check_properties()?;
                TriggerKind::Http { route: self.route(function)?, methods: self.methods()? }
            }
            "timertrigger" => {
                let schedule = member(&self.members, "schedule");
                schedule.filter(|value| value.is_string() || value.is_number()).ok_or(DefinitionError::NoSchedule)?;
                self.check_flag("runOnStartup")?;
                self.check_flag("useMonitor")?;
                TriggerKind::Timer
            }
            _ => TriggerKind::Other(self.kind.clone()),
        };
        Ok(Trigger { binding: self.name.clone(), kind })
    }

    fn check_level(&self) -> Result<(), DefinitionError> {
        const LEVELS: [&str; 6] = ["", "anonymous", "user", "function", "system", "admin"];
        let known = match member(&self.members, "authLevel") {
            None | Some(Value::Null) => true,
            Some(Value::String(level)) => LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level)),
            Some(Value::Number(level)) => level.as_u64().is_some_and(|level| level <= 4),
            Some(_) => false,
        };
        if known { Ok(()) } else { Err(DefinitionError::AuthLevel) }
    }

    fn check_properties(&self) -> Result<(), DefinitionError> {
        let properties = member(&self.members, "properties").and_then(Value::as_object);
        match properties.and_then(|properties| member(properties, "supportsDeferredBinding")) {
            Some(value) => Err(DefinitionError::Value("supportsDeferredBinding", value.clone(), "for .NET functions")),
            None => Ok(()),
        }
    }

    /// Checks a flag: true or false, also as a text, any number, or nothing.
    fn check_flag(&self, name: &'static str) -> Result<(), DefinitionError> {
        let known = match member(&self.members, name) {
            None | Some(Value::Bool(_) | Value::Number(_)) => true,
            Some(Value::String(text)) => ["true", "false"].iter().any(|word| word.eq_ignore_ascii_case(text.trim())),
            Some(_) => false,
        };
        let value = member(&self.members, name).cloned().unwrap_or_default();
        if known { Ok(()) } else { Err(DefinitionError::Value(name, value, "true or false")) }
    }

    fn route(&self, function: &str) -> Result<String, DefinitionError> {
        let route = match member(&self.members, "route") {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(route)) => route.clone(),
            Some(Value::Number(route)) => route.to_string(),
            Some(_) => return Err(DefinitionError::Route),
        };
        let route = if route.trim().is_empty() { function.to_owned() } else { route };
        let lower = route.trim().to_ascii_lowercase();
        match ["admin", "runtime"].into_iter().find(|reserved| lower.starts_with(reserved)) {
            Some(reserved) => Err(DefinitionError::ReservedRoute(reserved)),
            None => Ok(route),
        }
    }

    fn methods(&self) -> Result<Methods, DefinitionError> {
        match member(&self.members, "methods") {
            None | Some(Value::Null) => Ok(Methods(None)),
            Some(Value::Array(methods)) => {
                let methods = methods.iter().map(|method| method.as_str().map(str::to_ascii_uppercase));
                methods.collect::<Option<_>>().map(|methods| Methods(Some(methods))).ok_or(DefinitionError::Methods)
            }
            Some(_) => Err(DefinitionError::Methods),
        }
    }
}

impl Methods {
    pub(crate) fn take(&self, method: &Method) -> bool {
        let Self(Some(methods)) = self else { return true };
        methods.iter().any(|one| one.eq_ignore_ascii_case(method.as_str()))
    }

    pub(crate) fn overlap(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(methods), Some(others)) => methods.iter().any(|method| others.contains(method)),
            (Some(methods), None) | (None, Some(methods)) => !methods.is_empty(),
            (None, None) => true,
        }
    }
}

/// Checks the members beside the bindings. A wrong value there makes the host leave the function out.
fn check_outside_bindings(document: &Map<String, Value>) -> Result<(), DefinitionError> {
    one_of(document, "configurationSource", &["config"], "for .NET functions unless it is \"config\"")?;
    match member(document, "retry") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Object(retry)) => {
            let strategies = ["fixedDelay", "exponentialBackoff"];
            one_of(retry, "strategy", &strategies, "fixedDelay or exponentialBackoff")?;
            match (member(retry, "strategy"), member(retry, "maxRetryCount")) {
                (Some(Value::String(_)), Some(count)) if !count.is_null() => Ok(()),
                _ => Err(DefinitionError::Value("retry", Value::Object(retry.clone()), "a strategy and maxRetryCount")),
            }
        }
        Some(other) => Err(DefinitionError::Value("retry", other.clone(), "an object")),
    }
}

/// Checks that a member is one of the known texts, in any letter case, or is absent.
fn one_of(
    members: &Map<String, Value>,
    name: &'static str,
    known: &[&str],
    expected: &'static str,
) -> Result<(), DefinitionError> {
    match member(members, name) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(text)) if known.iter().any(|known| known.eq_ignore_ascii_case(text)) => Ok(()),
        Some(other) => Err(DefinitionError::Value(name, other.clone(), expected)),
    }
}

fn is_function_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && !name.eq_ignore_ascii_case("host")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Definition, DefinitionError> {
        Definition::read("orders", text)
    }

    #[test]
    fn function_json_may_be_written_as_the_host_takes_it() {
        let text = "\u{feff}{ // an order\n 'bindings': [\n\
                    { 'Type': 'HTTPTRIGGER', 'name': 'call', 'methods': ['Get', 'brew'], 'Route': 'o/{id}', },\n\
                    { 'type': 'http', 'DIRECTION': 'OUT', 'name': '$return' },\n\
                    { 'type': 'queue', 'direction': 'out', 'name': 'later', 'dataType': 'Binary' } ], 'x': 1 }";
        let definition = read(text).unwrap();
        assert_eq!(definition.trigger.binding, "call");
        let TriggerKind::Http { route, methods } = &definition.trigger.kind else { panic!("{definition:?}") };
        assert_eq!(route, "o/{id}");
        assert!(methods.take(&Method::GET) && methods.take(&Method::from_bytes(b"BREW").unwrap()));
        assert!(!methods.take(&Method::POST));
        assert_eq!(definition.http_output().unwrap().name, "$return");
        assert!(definition.outputs.iter().any(|output| output.name == "later" && output.is_binary));
    }

    #[test]
    fn a_function_without_a_route_or_methods_takes_every_method_at_its_name() {
        for rest in ["", r#","route":null,"methods":null"#, r#","route":" ","authLevel":"""#] {
            let text = format!(r#"{{"bindings":[{{"type":"httpTrigger","name":"req"{rest}}}]}}"#);
            let TriggerKind::Http { route, methods } = read(&text).unwrap().trigger.kind else { panic!("{text}") };
            assert!(route == "orders" && methods.take(&Method::DELETE), "{text}");
        }
    }

    #[test]
    fn a_function_that_the_host_refuses_is_refused_with_the_reason() {
        let http = |rest: &str| format!(r#"{{"bindings":[{{"type":"httpTrigger","name":"req"{rest}}}]}}"#);
        for (text, expected) in [
            ("no".to_owned(), "it is not JSON"),
            ("{}".to_owned(), "no list \"bindings\""),
            (r#"{"Bindings":[{"type":"timerTrigger"}]}"#.to_owned(), "no list \"bindings\""),
            (r#"{"bindings":[{"name":"x"}]}"#.to_owned(), "a binding has no type"),
            (r#"{"bindings":[{"type":"queue","name":"x"}]}"#.to_owned(), "0 triggers"),
            (r#"{"bindings":[{"type":"timerTrigger","name":"a","schedule":"x"},{"type":"queueTrigger","name":"b"}]}"#.to_owned(), "2 triggers"),
            (r#"{"bindings":[{"type":"timerTrigger","name":"t"}]}"#.to_owned(), "needs a schedule"),
            (r#"{"bindings":[{"type":"timerTrigger","name":"a_b","schedule":"x"}]}"#.to_owned(), "\"a_b\" is no name"),
            (http(r#","direction":"out""#), "must be \"in\""),
            (http(r#","direction":"up""#), "other than in, out and inout"),
            (http(r#","authLevel":"root""#), "authLevel"),
            (http(r#","methods":"get""#), "methods is a list"),
            (http(r#","route":[]"#), "route is a text"),
            (http(r#","route":"Administrators""#), "begin with \"admin\""),
            (http(r#","dataType":"x""#), "dataType is \"x\""),
            (http(r#","cardinality":"few""#), "it is one or many"),
            (http(r#","properties":{"SupportsDeferredBinding":"True"}"#), "supportsDeferredBinding is \"True\""),
            (r#"{"configurationSource":"attributes","bindings":[{"type":"httpTrigger","name":"r"}]}"#.to_owned(), "for .NET functions"),
            (r#"{"retry":{"strategy":"x"},"bindings":[{"type":"httpTrigger","name":"r"}]}"#.to_owned(), "strategy is \"x\""),
            (r#"{"retry":{"strategy":"fixedDelay"},"bindings":[{"type":"httpTrigger","name":"r"}]}"#.to_owned(), "maxRetryCount"),
            (r#"{"bindings":[{"type":"timerTrigger","name":"t","schedule":"x","runOnStartup":"yes"}]}"#.to_owned(), "runOnStartup is \"yes\""),
            (r#"{"bindings":[{"type":"timerTrigger","name":"t","schedule":"x","useMonitor":null}]}"#.to_owned(), "useMonitor is null"),
            (r#"{"bindings":[{"type":"httpTrigger","name":"r"},{"type":"http","name":"a","direction":"out"},{"type":"http","name":"b","direction":"out"}]}"#.to_owned(), "2 output bindings of the type http"),
            (r#"{"bindings":[{"type":"httpTrigger","name":"r"},{"type":"http","name":"R","direction":"out"}]}"#.to_owned(), "two bindings are named R"),
            (r#"{"bindings":[{"type":"httpTrigger","name":"r"},{"type":"http","name":"res"}]}"#.to_owned(), "must be \"out\""),
        ] {
            let message = read(&text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        for name in ["", "1a", "a b", "host", "HOST", "é"] {
            assert!(matches!(Definition::read(name, "{}"), Err(DefinitionError::FunctionName)), "{name}");
        }
    }
}
