//! Renders nodes. A failing node is replaced by its error, and rendering continues.

use std::fmt::Write as _;

use crate::{
    condition, convert,
    environment::Environment,
    expression::Output,
    fault::{Fault, RenderError},
    filters, print,
    scope::Scope,
    syntax::{Branch, Loop, Node, When},
    value::Value,
};

pub(crate) fn template(nodes: &[Node], environment: &Environment) -> Result<String, RenderError> {
    let mut scope = Scope::new(environment);
    let mut text = String::new();
    match all(nodes, &mut scope, &mut text) {
        Err(Fault::Ended(error)) => Err(error),
        // `break` and `continue` outside of a loop end the rendering.
        Ok(()) | Err(Fault::Break | Fault::Continue | Fault::Error(_) | Fault::Syntax(_)) => Ok(text),
    }
}

fn all(nodes: &[Node], scope: &mut Scope<'_>, text: &mut String) -> Result<(), Fault> {
    for node in nodes {
        scope.work(1)?;
        let before = text.len();
        let failed = match render(node, scope, text) {
            Err(Fault::Error(message)) => Some(format!("Liquid error: {message}")),
            Err(Fault::Syntax(message)) => Some(format!("Liquid syntax error: {message}")),
            Err(fault) => return Err(fault),
            Ok(()) => None,
        };
        text.push_str(&failed.unwrap_or_default());
        // Blocks count their content themselves.
        if !matches!(node, Node::If { .. } | Node::Case { .. } | Node::For(_) | Node::Group(_)) {
            scope.made(text.len() - before)?;
        }
    }
    Ok(())
}

fn render(node: &Node, scope: &mut Scope<'_>, text: &mut String) -> Result<(), Fault> {
    match node {
        Node::Text(literal) => text.push_str(literal),
        Node::Output(output) => text.push_str(&print::output(&value(output, scope)?)),
        Node::Assign { name, value: output } => {
            let value = value(output, scope)?;
            scope.assign(name, value);
        }
        Node::Capture { name, body } => {
            let mut captured = String::new();
            all(body, scope, &mut captured)?;
            scope.assign(name, captured.into());
        }
        Node::If { branches, is_unless } => block(scope, |scope| conditional(branches, *is_unless, scope, text))?,
        Node::Case { branches } => block(scope, |scope| case(branches, scope, text))?,
        Node::For(each) => repeat(each, scope, text)?,
        Node::TableRow(each) => table_row(each, scope, text)?,
        Node::Cycle { group, values } => cycle(group, values, scope, text)?,
        Node::IfChanged(body) => {
            let mut new = String::new();
            block(scope, |scope| all(body, scope, &mut new))?;
            if scope.changed.as_ref() != Some(&new) {
                text.push_str(&new);
                scope.changed = Some(new);
            }
        }
        Node::Group(body) => all(body, scope, text)?,
        Node::Break => return Err(Fault::Break),
        Node::Continue => return Err(Fault::Continue),
        Node::Include => return Err(Fault::error("Error - This liquid context does not allow includes")),
    }
    Ok(())
}

/// Runs a block that has its own names.
fn block<'e>(scope: &mut Scope<'e>, inside: impl FnOnce(&mut Scope<'e>) -> Result<(), Fault>) -> Result<(), Fault> {
    scope.enter()?;
    let done = inside(scope);
    scope.leave();
    done
}

/// Returns the value of an output after its filters.
fn value(output: &Output, scope: &mut Scope<'_>) -> Result<Value, Fault> {
    let Some(name) = &output.value else { return Ok(Value::Nil) };
    let mut value = scope.resolve(name)?;
    for filter in &output.filters {
        let mut arguments = Vec::with_capacity(filter.arguments.len());
        for argument in &filter.arguments {
            arguments.push(scope.resolve(argument)?);
        }
        value = filters::apply(&filter.name, value, &arguments, scope)?;
        if let Value::Text(text) = &value {
            scope.made(text.len())?;
        } else if let Value::List(items) = &value {
            scope.work(items.len())?;
        }
    }
    Ok(value)
}

fn conditional(branches: &[Branch], is_unless: bool, scope: &mut Scope<'_>, text: &mut String) -> Result<(), Fault> {
    for (index, branch) in branches.iter().enumerate() {
        let holds = match &branch.condition {
            Some(condition) => condition::holds(condition, scope)?,
            None => true,
        };
        if holds != (is_unless && index == 0) {
            return all(&branch.body, scope, text);
        }
    }
    Ok(())
}

/// Renders every branch that matches, once for each of its matching values. `else` is rendered if no branch before it
/// matched.
fn case(branches: &[When], scope: &mut Scope<'_>, text: &mut String) -> Result<(), Fault> {
    let mut matched = false;
    for branch in branches {
        if branch.is_else && !matched {
            all(&branch.body, scope, text)?;
        }
        for comparison in &branch.comparisons {
            if condition::compare(comparison, scope)? {
                matched = true;
                all(&branch.body, scope, text)?;
            }
        }
    }
    Ok(())
}

fn repeat(each: &Loop, scope: &mut Scope<'_>, text: &mut String) -> Result<(), Fault> {
    let list = scope.resolve(&each.list)?;
    let Some(items) = scope.items(&list)? else { return Ok(()) };
    let name = format!("{}-{}", each.variable, each.list);
    let offset = match each.attribute("offset") {
        None => 0,
        Some("continue") => scope.continued.get(&name).copied().unwrap_or(0),
        Some(fragment) => convert::to_int(&scope.resolve(fragment)?)?,
    };
    let limit = match each.attribute("limit") {
        None => None,
        Some(fragment) => Some(convert::to_int(&scope.resolve(fragment)?)?),
    };
    let from = usize::try_from(offset).unwrap_or(0);
    let to = limit.map_or(items.len(), |limit| usize::try_from(limit.saturating_add(offset)).unwrap_or(0));
    let mut segment: Vec<_> = items.into_iter().take(to).skip(from).collect();
    if segment.is_empty() {
        return Ok(());
    }
    if each.is_reversed {
        segment.reverse();
    }
    let length = i32::try_from(segment.len()).unwrap_or(i32::MAX);
    scope.continued.insert(name.clone(), offset.max(0).saturating_add(length));
    let begun = text.len();
    block(scope, |scope| {
        for (index, item) in (0_i32..).zip(segment) {
            scope.work(1)?;
            scope.set(&each.variable, item);
            scope.set("forloop", progress(&name, index, length));
            if index > 0 && !each.separator.is_empty() {
                // The separator follows the last non-blank character, as the output of the service shows.
                let end = begun + text[begun..].trim_end().len();
                scope.reads(text.len() - end)?;
                text.insert_str(end, each.separator);
            }
            match all(&each.body, scope, text) {
                Err(Fault::Break) => break,
                Err(Fault::Continue) | Ok(()) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    })
}

fn progress(name: &str, index: i32, length: i32) -> Value {
    Value::object([
        ("name", name.into()),
        ("length", Value::Int(length)),
        ("index", Value::Int(index + 1)),
        ("index0", Value::Int(index)),
        ("rindex", Value::Int(length - index)),
        ("rindex0", Value::Int(length - index - 1)),
        ("first", Value::Bool(index == 0)),
        ("last", Value::Bool(index == length - 1)),
    ])
}

fn table_row(each: &Loop, scope: &mut Scope<'_>, text: &mut String) -> Result<(), Fault> {
    let list = scope.resolve(&each.list)?;
    let Some(mut items) = scope.items(&list)? else { return Ok(()) };
    // `offset` and `limit` are read as literals, without a look-up.
    let literal = |name: &str| each.attribute(name).map(|text| convert::to_int(&text.into())).transpose();
    if let Some(offset) = literal("offset")? {
        items.drain(..usize::try_from(offset).unwrap_or(0).min(items.len()));
    }
    if let Some(limit) = literal("limit")? {
        items.truncate(usize::try_from(limit).unwrap_or(0));
    }
    let columns = each
        .attribute("cols")
        .ok_or_else(|| Fault::error("The given key 'cols' was not present in the dictionary."))?;
    let columns = convert::to_int(&scope.resolve(columns)?)?;
    let length = i32::try_from(items.len()).unwrap_or(i32::MAX);
    text.push_str("<tr class=\"row1\">\n");
    block(scope, |scope| {
        let (mut row, mut column) = (1, 0);
        for (index, item) in (0_i32..).zip(items) {
            scope.work(1)?;
            scope.set(&each.variable, item);
            let Value::Object(progress) = progress("", index, length) else { return Ok(()) };
            let mut progress = std::sync::Arc::unwrap_or_clone(progress);
            progress.members.shift_remove("name");
            for (name, value) in [
                ("col", Value::Int(column + 1)),
                ("col0", Value::Int(column)),
                ("col_first", Value::Bool(column == 0)),
                ("col_last", Value::Bool(column == columns - 1)),
            ] {
                progress.members.insert(name.into(), value);
            }
            scope.set("tablerowloop", Value::Object(progress.into()));
            column += 1;
            let mut cell = String::new();
            all(&each.body, scope, &mut cell)?;
            let _ = write!(text, "<td class=\"col{column}\">{cell}</td>");
            if column == columns && index != length - 1 {
                column = 0;
                row += 1;
                let _ = write!(text, "</tr>\n<tr class=\"row{row}\">");
            }
        }
        Ok(())
    })?;
    text.push_str("</tr>\n");
    Ok(())
}

fn cycle(group: &str, values: &[Option<String>], scope: &mut Scope<'_>, text: &mut String) -> Result<(), Fault> {
    let not_nil = |fragment: &str, scope: &mut Scope<'_>| {
        let value = scope.resolve(fragment)?;
        scope.reads(value.text_length())?;
        if value.is_nil() { Err(Fault::null_reference()) } else { Ok(print::dotnet(&value)) }
    };
    let key = not_nil(group, scope)?;
    let turn = scope.cycles.get(&key).copied().unwrap_or(0);
    let value = values.get(turn).ok_or_else(|| Fault::error("Index was outside the bounds of the array."))?;
    let printed = not_nil(value.as_deref().unwrap_or_default(), scope)?;
    text.push_str(&printed);
    scope.cycles.insert(key, if turn + 1 >= values.len() { 0 } else { turn + 1 });
    Ok(())
}
