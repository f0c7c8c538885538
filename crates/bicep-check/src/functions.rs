//! Calls of Bicep's functions.

use std::rc::Rc;

use crate::{
    ast::{Expression, Form},
    evaluate::{Evaluator, Instance, Locals, RULE},
    signatures::FUNCTIONS,
    value::{Member, SourcePlace, Text, TextPart, Value},
};

/// The number of letters in `uniqueString` and in a GUID.
const UNIQUE_LETTERS: usize = 13;
const GUID_LETTERS: usize = 36;

impl Evaluator<'_> {
    pub(crate) fn call(
        &self,
        instance: &Rc<Instance>,
        locals: &Locals,
        on: Option<&Value>,
        name: &str,
        arguments: &[Expression],
        place: SourcePlace,
    ) -> Value {
        if is_list_call(name) {
            let message = format!("{name} reads keys into the template: take an identity, or read them in a script");
            self.report.add("secrets", place, message);
            return Value::any();
        }
        if on.is_some() {
            return Value::any();
        }
        let Some((_, least, most, result)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
            self.report.add(RULE, place, format!("there is no function {name}"));
            return Value::any();
        };
        if arguments.len() < *least || arguments.len() > *most {
            self.report.add(RULE, place, format!("{name} takes {least} to {most} arguments, not {}", arguments.len()));
            return Value::any();
        }
        if let [over, rest @ ..] = arguments
            && rest.iter().any(|argument| matches!(argument.form, Form::Lambda { .. }))
        {
            return self.over_items(instance, locals, name, over, rest).unwrap_or_else(|| Value::unknown(*result));
        }
        let values: Vec<Value> = arguments.iter().map(|argument| self.expression(instance, locals, argument)).collect();
        self.function(instance, name, &values, place).unwrap_or_else(|| Value::unknown(*result))
    }

    /// Evaluates `map`, `filter` and `toObject`.
    fn over_items(
        &self,
        instance: &Rc<Instance>,
        locals: &Locals,
        name: &str,
        over: &Expression,
        lambdas: &[Expression],
    ) -> Option<Value> {
        let over = self.expression(instance, locals, over);
        let unknown = [Value::any()];
        let items = match &over {
            Value::Array(items) => items.as_slice(),
            _ => unknown.as_slice(),
        };
        let apply = |lambda: &Expression, item: &Value| {
            let Form::Lambda { parameters, body } = &lambda.form else { return Value::any() };
            let bound = parameters.iter().map(|parameter| (parameter.clone(), item.clone()));
            let locals: Locals = locals.iter().cloned().chain(bound).collect();
            self.expression(instance, &locals, body)
        };
        match (name, lambdas) {
            ("map", [lambda]) => Some(Value::Array(items.iter().map(|item| apply(lambda, item)).collect())),
            ("toObject", [key, values @ ..]) => {
                let member = |item: &Value| Member {
                    name: apply(key, item).shown(),
                    place: SourcePlace { file: instance.file, line: key.line },
                    value: values.first().map_or_else(|| item.clone(), |value| apply(value, item)),
                };
                Some(Value::Object(items.iter().map(member).collect()))
            }
            (_, lambdas) => {
                lambdas.iter().for_each(|lambda| drop(apply(lambda, items.first().unwrap_or(&Value::Null))));
                None
            }
        }
    }

    fn function(&self, instance: &Rc<Instance>, name: &str, values: &[Value], place: SourcePlace) -> Option<Value> {
        let shown = || values.iter().map(Value::shown).collect::<Vec<_>>().join(", ");
        Some(match (name, values) {
            ("fail", [message]) => {
                self.stops.borrow_mut().push(message.shown());
                Value::any()
            }
            ("empty", [value]) => Value::Bool(is_empty(value)?),
            ("contains", [within, value]) => Value::Bool(contains(within, value)?),
            ("concat", _) => concatenated(values)?,
            ("union", _) => united(values)?,
            ("items", [Value::Object(members)]) => {
                let pair = |member: &Member| {
                    let part = |name: &str, value: Value| Member { name: name.to_owned(), place: member.place, value };
                    Value::Object(vec![part("key", Value::text(&member.name)), part("value", member.value.clone())])
                };
                Value::Array(members.iter().map(pair).collect())
            }
            ("uniqueString", _) => {
                Value::Text(Text::hole(format!("uniqueString({})", shown()), UNIQUE_LETTERS, UNIQUE_LETTERS))
            }
            ("guid", _) => Value::Text(Text::hole(format!("guid({})", shown()), GUID_LETTERS, GUID_LETTERS)),
            ("subscription", _) => scope(&["id", "subscriptionId", "tenantId", "displayName"], "subscription"),
            ("tenant", _) => scope(&["tenantId", "id", "countryCode", "displayName"], "tenant"),
            ("resourceGroup", _) => scope(&["id", "name", "location", "tags"], "resource group"),
            ("deployer", _) => scope(&["objectId", "tenantId", "userPrincipalName"], "deployer"),
            ("environment", _) => {
                let suffix =
                    |name: &str, value: &str| Member { name: name.to_owned(), place, value: Value::text(value) };
                let suffixes = vec![suffix("keyvaultDns", ".vault.azure.net"), suffix("storage", "core.windows.net")];
                Value::Object(vec![Member { name: "suffixes".to_owned(), place, value: Value::Object(suffixes) }])
            }
            ("resourceId" | "subscriptionResourceId", [of_type, names @ ..]) => {
                let mut id = Text::id(of_type.as_text()?);
                for name in names {
                    id.push(Text::literal("/"));
                    id.push(name.as_text()?);
                }
                Value::Text(id)
            }
            ("loadTextContent", [path, ..]) => {
                let path = self.program.relative(instance.file, &path.shown());
                match self.program.text(&path) {
                    Some(text) => Value::text(text),
                    None => {
                        self.report.add("files", place, format!("{path} does not exist"));
                        return None;
                    }
                }
            }
            ("join", [Value::Array(items), between]) => {
                let between = between.as_text()?;
                let mut joined = Text::default();
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        joined.push(between.clone());
                    }
                    joined.push(item.as_text()?);
                }
                Value::Text(joined)
            }
            ("toLower", [value]) => Value::text(&value.as_text()?.known()?.to_lowercase()),
            ("take", [value, Value::Integer(letters)]) => {
                let letters = usize::try_from(*letters).ok()?;
                Value::text(&value.as_text()?.known()?.chars().take(letters).collect::<String>())
            }
            ("length", [Value::Array(items)]) => Value::Integer(i64::try_from(items.len()).ok()?),
            _ => return None,
        })
    }
}

/// Reports whether a function is `listKeys`, `listSecrets` or a similar one.
fn is_list_call(name: &str) -> bool {
    name.strip_prefix("list").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_uppercase))
}

/// Returns an object whose properties only a deployment knows.
fn scope(properties: &[&str], of: &str) -> Value {
    let member = |name: &&str| {
        let letters = if name.ends_with("Id") { GUID_LETTERS } else { 0 };
        let most = if letters == 0 { usize::MAX } else { letters };
        let value = Value::Text(Text::hole(format!("{name} of {of}"), letters, most));
        Member { name: (*name).to_owned(), place: SourcePlace::default(), value }
    };
    Value::Object(properties.iter().map(member).collect())
}

fn is_empty(value: &Value) -> Option<bool> {
    match value {
        Value::Null => Some(true),
        Value::Text(text) => match text.length() {
            (_, 0) => Some(true),
            (1.., _) => Some(false),
            _ => None,
        },
        Value::Array(items) => Some(items.is_empty()),
        Value::Object(members) => Some(members.is_empty()),
        Value::Property { of, .. } if of.min.is_some_and(|min| min > 0) => Some(false),
        // A property of a deployed resource always exists.
        Value::Property { .. } => Some(false),
        _ => None,
    }
}

fn contains(within: &Value, value: &Value) -> Option<bool> {
    match within {
        Value::Array(items) => {
            let wanted = value.as_text()?;
            let wanted = wanted.known()?;
            let texts: Option<Vec<Text>> = items.iter().map(Value::as_text).collect();
            Some(texts?.iter().any(|text| text.known() == Some(wanted)))
        }
        Value::Object(members) => {
            let wanted = value.as_text()?;
            Some(members.iter().any(|member| Some(member.name.as_str()) == wanted.known()))
        }
        _ => None,
    }
}

fn concatenated(values: &[Value]) -> Option<Value> {
    if values.iter().all(|value| matches!(value, Value::Array(_))) {
        return Some(Value::Array(values.iter().flat_map(Value::items).cloned().collect()));
    }
    // In a choice between arrays, the longest array has every possible item.
    let longest = |value: &Value| match value {
        Value::Array(items) => Some(items.clone()),
        Value::OneOf(values) => values.iter().map(Value::items).max_by_key(|items| items.len()).map(<[Value]>::to_vec),
        _ => None,
    };
    if values.iter().any(|value| matches!(value, Value::Array(_))) {
        let arrays: Option<Vec<Vec<Value>>> = values.iter().map(longest).collect();
        return arrays.map(|arrays| Value::Array(arrays.concat()));
    }
    let mut text = Text(Vec::<TextPart>::new());
    for value in values {
        text.push(value.as_text()?);
    }
    Some(Value::Text(text))
}

fn united(values: &[Value]) -> Option<Value> {
    if values.iter().all(|value| matches!(value, Value::Array(_))) {
        return concatenated(values);
    }
    let mut united: Vec<Member> = Vec::new();
    for value in values {
        let Value::Object(members) = value else { return None };
        for member in members {
            united.retain(|known| known.name != member.name);
            united.push(member.clone());
        }
    }
    Some(Value::Object(united))
}
