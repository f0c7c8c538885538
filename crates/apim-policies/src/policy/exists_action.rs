//! `exists-action` and the `<value>` children of `set-header` and `set-query-parameter`.

use super::prelude::*;
use std::fmt;

/// The action if the header or parameter exists already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Override,
    Skip,
    Append,
    Delete,
}

words! {
    Action, "override, skip, append or delete";
    "override" => Override;
    "skip" => Skip;
    "append" => Append;
    "delete" => Delete;
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Override => "override",
            Self::Skip => "set if absent:",
            Self::Append => "append to",
            Self::Delete => "delete",
        })
    }
}

/// Reads the attribute; the default is `override`.
pub(super) fn read(element: &Element<'_>, problems: &mut Problems) -> Option<Setting<Action>> {
    if element.has("exists-action") {
        return element.setting("exists-action", problems);
    }
    Some(Setting::Literal(Action::Override))
}

/// Reads the values. A deletion has none, and every other action has at least one.
pub(super) fn values<T: Readable>(
    element: &Element<'_>,
    action: Option<&Setting<Action>>,
    problems: &mut Problems,
) -> Option<Vec<Setting<T>>> {
    let children = element.children(&[("value", Count::Any)], problems);
    let name = element.name();
    let deletes = match action {
        Some(Setting::Expression(_)) => None,
        Some(Setting::Literal(action)) => Some(*action == Action::Delete),
        None => Some(false),
    };
    if deletes == Some(true) && !children.is_empty() {
        element.problem(problems, format!("<{name}> with exists-action=\"delete\" takes no <value>"));
    }
    if deletes == Some(false) && children.is_empty() {
        element.problem(problems, format!("<{name}> needs a <value>, unless exists-action is \"delete\""));
    }
    let values: Vec<_> = children
        .iter()
        .map(|child| {
            child.only_attributes(&[], problems);
            child.text_setting(problems)
        })
        .collect();
    values.into_iter().collect()
}
