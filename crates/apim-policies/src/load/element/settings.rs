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
    /// The name of the attribute, or of the element with the text.
    name: &'p str,
    /// The words for this place in problems.
    what: &'p str,
    shown: TracedValue,
}

impl Element<'_> {
    /// Reads an attribute's value: an expression or a literal. Returns `None` if it is absent, or wrong, which is then
    /// reported.
    pub(crate) fn setting<T: Readable>(&self, name: &str, problems: &mut Problems) -> Option<Setting<T>> {
        let attribute = self.find(name)?;
        let what = format!("the attribute \"{name}\" of <{}>", self.name());
        let place = SettingPlace { name, what: &what, shown: self.shown(names_secret(name)) };
        self.read_setting(attribute.value(), &attribute.range(), &place, problems)
    }

    /// Reads the attribute like [`Self::setting`]. An absent attribute is a problem.
    pub(crate) fn required_setting<T: Readable>(&self, name: &str, problems: &mut Problems) -> Option<Setting<T>> {
        if !self.has(name) {
            self.problem(problems, format!("<{}> needs the attribute \"{name}\"", self.name()));
        }
        self.setting(name, problems)
    }

    /// Reads the text of an element without children: an expression, or a literal without the white space around it.
    pub(crate) fn text_setting<T: Readable>(&self, problems: &mut Problems) -> Option<Setting<T>> {
        let (text, range) = self.read_text(problems)?;
        self.read_text_setting(text.trim(), &range, problems)
    }

    /// Reads the text like [`Self::text_setting`], but keeps the white space around a literal.
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
            // `<key>` belongs to policies that check tokens. The keys of caches and counters are attributes.
            _ => self.shown(name == "key" || names_secret(name)),
        };
        let what = format!("the text of <{name}>");
        self.read_setting(text, range, &SettingPlace { name, what: &what, shown }, problems)
    }

    /// Returns how much of a value here a trace shows. The name of a header or parameter can mark its value as secret.
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
