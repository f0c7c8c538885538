//! `switch`: each label stands only once, and no earlier label handles its values. No section falls into the next,
//! which `flow` checks.

use std::collections::HashSet;

use super::{
    Checker, Typed, error,
    known::{Switch, SwitchPaths},
};
use crate::{
    problem::ParseError,
    program::{Label, Pattern, Section, Step},
    syntax::{self, Expr},
    types::{Class, Type, convert},
    value::{Value, equality},
};

/// The names that a scope declares.
type Names = Vec<(std::sync::Arc<str>, super::Local)>;

/// The values that the labels so far handle.
#[derive(Default)]
struct Handled {
    known: HashSet<Option<(bool, String)>>,
    types: Vec<Type>,
    everything: bool,
}

impl Checker {
    pub(super) fn switch(&mut self, subject: &Expr, sections: &[syntax::Section]) -> Result<Step, ParseError> {
        let value = self.value(subject)?;
        self.scoped(|checker| checker.sections(subject, value, sections))
    }

    /// Checks the sections of a `switch`. They share one scope, except for the variables of their labels.
    fn sections(&mut self, subject: &Expr, value: Typed, sections: &[syntax::Section]) -> Result<Step, ParseError> {
        let class = value.class.clone();
        if class.is(Class::Void) || class.is(Class::Null) {
            return Err(error(subject.at, format!("A switch expression must be a value; found '{class}'")));
        }
        let mut handled = Handled::default();
        let (mut labels, mut variables) = (Vec::new(), Vec::new());
        for section in sections {
            let (own, declared) = self.section_labels(&class, section, &mut handled)?;
            labels.push(own);
            variables.push(declared);
        }
        let leads = ways(&class, value.constant.as_ref(), sections, &labels);
        self.ways.insert(std::ptr::from_ref(subject).addr(), leads);
        let constants = labels.iter().enumerate().flat_map(|(at, labels)| {
            labels.iter().filter_map(move |label| match &label.pattern {
                Some(Pattern::Constant(value)) => Some((value.clone(), at)),
                _ => None,
            })
        });
        let default = labels.iter().position(|labels| labels.iter().any(|label| label.pattern.is_none()));
        self.switches.push(Switch { class, constants: constants.collect(), default });
        let mut checked = Vec::new();
        for ((section, labels), declared) in sections.iter().zip(labels).zip(variables) {
            self.breakable += 1;
            let names: Vec<_> = declared.iter().map(|(name, _)| std::sync::Arc::clone(name)).collect();
            if let Some(scope) = self.scopes.last_mut() {
                scope.extend(declared);
            }
            let body = self.statements(&section.body);
            if let Some(scope) = self.scopes.last_mut() {
                scope.retain(|(name, _)| !names.contains(name));
            }
            self.breakable -= 1;
            checked.push(Section { labels, body: body? });
        }
        self.switches.pop();
        Ok(Step::Switch { subject: value.code, sections: checked })
    }

    /// Checks the labels of a section. The variables that their patterns declare belong to this section alone.
    fn section_labels(
        &mut self,
        class: &Type,
        section: &syntax::Section,
        handled: &mut Handled,
    ) -> Result<(Vec<Label>, Names), ParseError> {
        self.scoped(|checker| {
            let labels =
                section.labels.iter().map(|label| checker.label(class, label, handled)).collect::<Result<_, _>>()?;
            Ok((labels, checker.scopes.last().cloned().unwrap_or_default()))
        })
    }

    fn label(&mut self, class: &Type, label: &syntax::Label, handled: &mut Handled) -> Result<Label, ParseError> {
        let pattern = label.pattern.as_ref().map(|pattern| self.pattern(class, pattern)).transpose()?;
        let when = label.when.as_ref().map(|when| self.condition_value(when)).transpose()?;
        let always = when.as_ref().is_none_or(|when| matches!(when.constant, Some(Value::Bool(true))));
        let when = when.map(|when| when.code);
        let twice = || error(label.at, "The switch statement contains multiple cases with the same label value");
        let before = || error(label.at, "The switch case has already been handled by a previous case.");
        match &pattern {
            None => {
                if !handled.known.insert(None) {
                    return Err(twice());
                }
            }
            Some(Pattern::Constant(value)) => {
                let shown = (value.is_null(), format!("{} {}", value.type_name(), value.to_text().unwrap_or_default()));
                let own = value.type_of();
                let covered =
                    handled.types.iter().any(|known| !value.is_null() && convert::implicit(&own, known).is_some());
                if handled.everything || covered {
                    return Err(before());
                }
                let again = if when.is_none() {
                    !handled.known.insert(Some(shown))
                } else {
                    handled.known.contains(&Some(shown))
                };
                if again {
                    return Err(twice());
                }
            }
            Some(Pattern::Type(of, _)) => {
                let covered =
                    |known: &Type| of == known || convert::inherits(of, known).is_some() || known.is(Class::Object);
                if handled.everything || handled.types.iter().any(covered) {
                    return Err(before());
                }
                if always {
                    // A label whose type the value always has takes every value that is not null.
                    handled.everything |= class.is_value() && !class.is(Class::Nullable) && of == class;
                    handled.types.push(of.clone());
                }
            }
            Some(Pattern::Any(_)) => {
                if handled.everything {
                    return Err(before());
                }
                handled.everything |= always;
            }
        }
        Ok(Label { pattern, when })
    }

    /// `goto case value;`
    pub(super) fn goto_case(&mut self, at: usize, value: &Expr) -> Result<Step, ParseError> {
        let Some(class) = self.switches.last().map(|switch| switch.class.clone()) else {
            return Err(error(at, "A goto case is only valid inside a switch statement"));
        };
        let code = self.expect(value, &class)?;
        let crate::program::Code::Constant(constant) = code else {
            return Err(error(value.at, "A constant value is expected"));
        };
        let found = self.switches.last().and_then(|switch| {
            switch.constants.iter().find(|(known, _)| equality::equal(known, &constant)).map(|(_, section)| *section)
        });
        let Some(section) = found else {
            let shown = constant.to_text().unwrap_or_default();
            return Err(error(at, format!("No such label 'case {shown}:' within the scope of the goto statement")));
        };
        self.jumps.insert(at, section);
        Ok(Step::GotoSection(section))
    }

    pub(super) fn goto_default(&mut self, at: usize) -> Result<Step, ParseError> {
        let Some(switch) = self.switches.last() else {
            return Err(error(at, "A goto case is only valid inside a switch statement"));
        };
        let Some(section) = switch.default else {
            return Err(error(at, "No such label 'default:' within the scope of the goto statement"));
        };
        self.jumps.insert(at, section);
        Ok(Step::GotoSection(section))
    }
}

/// Returns which sections can be reached, and whether a value can match no label. Before C# 8, the constants `true` and
/// `false` do not cover all values of a `bool`.
fn ways(class: &Type, subject: Option<&Value>, sections: &[syntax::Section], labels: &[Vec<Label>]) -> SwitchPaths {
    let default = labels.iter().flatten().any(|label| label.pattern.is_none());
    let Some(subject) = subject else {
        let certain =
            || labels.iter().flatten().filter(|label| label.when.is_none()).filter_map(|label| label.pattern.as_ref());
        let null = certain().any(|pattern| matches!(pattern, Pattern::Constant(value) if value.is_null()));
        let plain = class.underlying().unwrap_or(class);
        let everything = certain().any(|pattern| match pattern {
            Pattern::Any(_) => true,
            Pattern::Type(of, _) => {
                let always = class.is_value() && !class.is(Class::Nullable);
                (null || always) && convert::inherits(plain, of).is_some()
            }
            Pattern::Constant(_) => false,
        });
        return SwitchPaths { reached: vec![true; sections.len()], passes: !default && !everything };
    };
    let mut reached = vec![false; sections.len()];
    let own = subject.type_of();
    for (at, labels) in labels.iter().enumerate() {
        for label in labels {
            let matches = match &label.pattern {
                Some(Pattern::Constant(value)) => equality::equal(value, subject),
                Some(Pattern::Type(of, _)) => !subject.is_null() && convert::implicit(&own, of).is_some(),
                Some(Pattern::Any(_)) => true,
                None => false,
            };
            if matches {
                reached[at] = true;
                if label.when.is_none() {
                    return SwitchPaths { reached, passes: false };
                }
            }
        }
    }
    if let Some(default) = labels.iter().position(|labels| labels.iter().any(|label| label.pattern.is_none())) {
        reached[default] = true;
    }
    SwitchPaths { reached, passes: !default }
}
