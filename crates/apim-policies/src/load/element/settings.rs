//! The settings in an element's attributes and text: literals or expressions.

use std::{ops::Range, sync::Arc};

use roxmltree::Node;

use super::Element;
use crate::{
    load::{
        expression::MARKER,
        setting::{Readable, Setting, TracedValue, Written},
    },
    problem::Problems,
    trace::{names_secret, names_secret_header},
};

/// The place of a setting.
struct SettingPlace<'p> {
    /// The attribute, or the element whose text it is.
    name: &'p str,
    /// As problems call it.
    what: &'p str,
    shown: TracedValue,
}

impl Element<'_> {
    /// An attribute's value, an expression or a literal. `None` when it is absent, or wrong, which is then reported.
    pub(crate) fn setting<T: Readable>(&self, name: &str, problems: &mut Problems) -> Option<Setting<T>> {
        let attribute = self.find(name)?;
        let what = format!("the attribute \"{name}\" of <{}>", self.name());
        let place = SettingPlace { name, what: &what, shown: self.shown(names_secret(name)) };
        self.read_setting(attribute.value(), &attribute.range(), &place, problems)
    }

    /// As [`Self::setting`]; its absence is a problem.
    pub(crate) fn required_setting<T: Readable>(&self, name: &str, problems: &mut Problems) -> Option<Setting<T>> {
        if !self.has(name) {
            self.problem(problems, format!("<{}> needs the attribute \"{name}\"", self.name()));
        }
        self.setting(name, problems)
    }

    /// The text of an element that holds nothing else, an expression or a literal without the white space around it.
    pub(crate) fn text_setting<T: Readable>(&self, problems: &mut Problems) -> Option<Setting<T>> {
        let (text, range) = self.read_text(problems)?;
        self.read_text_setting(text.trim(), &range, problems)
    }

    /// As [`Self::text_setting`], but white space around a literal belongs to it.
    pub(crate) fn whole_text_setting<T: Readable>(&self, problems: &mut Problems) -> Option<Setting<T>> {
        let (text, range) = self.read_text(problems)?;
        self.read_text_setting(&text, &range, problems)
    }

    fn read_text_setting<T: Readable>(
        &self,
        text: &str,
        range: &Range<usize>,
        problems: &mut Problems,
    ) -> Option<Setting<T>> {
        let name = self.name();
        let shown = match name {
            "set-body" => TracedValue::Length,
            // Of a policy that checks tokens; keys of caches and counters are attributes.
            _ => self.shown(name == "key" || names_secret(name)),
        };
        let what = format!("the text of <{name}>");
        self.read_setting(text, range, &SettingPlace { name, what: &what, shown }, problems)
    }

    /// What a trace shows of a value here. What is set may be secret by its own name.
    fn shown(&self, is_secret: bool) -> TracedValue {
        let sets = |node: Node<'_, '_>| node.attribute("name").is_some_and(names_secret_header);
        match is_secret || sets(self.node) || self.node.parent().is_some_and(sets) {
            true => TracedValue::Nothing,
            false => TracedValue::Value,
        }
    }

    fn read_setting<T: Readable>(
        &self,
        value: &str,
        range: &Range<usize>,
        place: &SettingPlace<'_>,
        problems: &mut Problems,
    ) -> Option<Setting<T>> {
        let what = place.what;
        let at = self.source.origin(range.start);
        if let Some(expression) = self.source.expression_in(range) {
            if value.trim() != MARKER {
                problems.push(at, format!("{what} mixes a policy expression with other text"));
                return None;
            }
            let expression = expression.as_ref()?;
            if let Some(misfit) = expression.misfit(T::WANTED) {
                let message = format!("{what} must be {}, and its expression gives `{misfit}`", T::EXPECTED);
                problems.push(at, message);
                return None;
            }
            let (expression, name) = (Arc::clone(expression), place.name.into());
            return Some(Setting::Expression(Arc::new(Written { expression, name, shown: place.shown })));
        }
        if !self.literal(value, range, what, problems) {
            return None;
        }
        let read = T::read(value);
        if read.is_none() {
            problems.push(at, format!("{what} must be {}", T::EXPECTED));
        }
        read.map(Setting::Literal)
    }
}
