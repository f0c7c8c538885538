//! An XML element that policies read. Every attribute or child that they do not read is a problem.

mod settings;

use std::{fmt::Display, ops::Range, sync::Arc};

use roxmltree::{Attribute, Document as Xml, Node, NodeType};

use super::{
    liquid, named_values,
    setting::Readable,
    source::{PolicyPlace, Source},
};
use crate::{
    problem::{Problems, Severity},
    scope::{Scope, Section},
    service::Service,
};

/// An element and its file.
#[derive(Clone, Copy)]
pub(crate) struct Element<'d> {
    node: Node<'d, 'd>,
    source: &'d Source<'d>,
}

/// The number of children of one name that an element allows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    AtMostOne,
    Any,
}

impl<'d> Element<'d> {
    /// Returns the root element. A root with another name is reported, and `None` returned. `what` is the expected kind
    /// of file.
    pub(crate) fn root(
        xml: &'d Xml<'d>,
        source: &'d Source<'d>,
        (what, name): (&str, &str),
        problems: &mut Problems,
    ) -> Option<Self> {
        let node = xml.root_element();
        let root = Self { node, source }.checked(node, problems)?;
        if root.name() != name {
            root.problem(problems, format!("{what} is <{name}>, not <{}>", root.name()));
            return None;
        }
        root.only_attributes(&[], problems);
        Some(root)
    }

    pub(crate) fn name(&self) -> &'d str {
        self.node.tag_name().name()
    }

    /// Returns the start of the element in the file.
    pub(crate) fn offset(&self) -> usize {
        self.source.origin(self.node.range().start)
    }

    /// Returns the element's line in the file.
    pub(crate) fn line(&self) -> usize {
        self.source.line_of(self.offset())
    }

    /// Reports a problem at the element's start.
    pub(crate) fn problem(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.push(self.offset(), message);
    }

    /// Reports, at the element's start, a part that API Management accepts and this crate cannot run.
    pub(crate) fn unsupported(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.add(self.offset(), Severity::Unsupported, message);
    }

    /// Warns at the element's start.
    pub(crate) fn warn(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.add(self.offset(), Severity::Warning, message);
    }

    /// Refuses all other attributes.
    pub(crate) fn only_attributes(&self, known: &[&str], problems: &mut Problems) {
        for attribute in self.node.attributes() {
            if attribute.namespace().is_some() || !known.contains(&attribute.name()) {
                problems.push(
                    self.source.origin(attribute.range().start),
                    format!("the attribute \"{}\" of <{}> is not declared", attribute.name(), self.name()),
                );
            }
        }
    }

    /// Returns the scope of the document.
    pub(crate) fn scope(&self) -> Scope {
        self.source.place.scope
    }

    /// Reports whether the element stands in a fragment that is checked alone. Its scope is unknown then.
    pub(crate) fn is_apart(&self) -> bool {
        self.source.place.fragment.as_deref() == Some("")
    }

    /// Returns the service's definitions.
    pub(crate) fn service(&self) -> &'d Service {
        self.source.service
    }

    pub(crate) fn source(&self) -> &'d Source<'d> {
        self.source
    }

    /// Returns the fragment that the element stands in.
    pub(crate) fn fragment(&self) -> Option<Arc<str>> {
        self.source.place.fragment.clone()
    }

    /// Returns the place at which the policies of an included fragment run.
    pub(crate) fn fragment_place(&self, id: &str) -> PolicyPlace {
        PolicyPlace { scope: self.scope(), section: self.section(), path: self.path(), fragment: Some(id.into()) }
    }

    /// Returns the section that the element stands in; `None` in a fragment that is checked alone.
    pub(crate) fn section(&self) -> Option<Section> {
        self.source.place.section.or_else(|| {
            let names = self.node.ancestors().map(|one| one.tag_name().name());
            names.filter_map(Section::named).last()
        })
    }

    /// Reports whether the file had a policy of the same name before this one. Call it once for each policy.
    pub(crate) fn is_repeated(&self) -> bool {
        !self.source.is_first(0, self.name())
    }

    /// Reports an element that a section may have only once, if it is repeated.
    pub(crate) fn once_in_section(&self, problems: &mut Problems) {
        let sections = self.node.ancestors().filter(|node| Section::named(node.tag_name().name()).is_some());
        let section = sections.last().unwrap_or(self.node.document().root_element());
        if !self.source.is_first(section.range().start, self.name()) {
            self.problem(problems, format!("<{}> may stand in a section once", self.name()));
        }
    }

    /// Returns the element as written in the file.
    pub(crate) fn written(&self) -> String {
        self.source.text()[self.node.range()].to_owned()
    }

    /// Returns the nesting depth of the element.
    pub(crate) fn depth(&self) -> usize {
        self.node.ancestors().count()
    }

    /// Returns the policies that hold the element in the form of `LastError.Path`: `choose[3]/when[2]`, counted from 1
    /// among siblings of the same name.
    pub(crate) fn path(&self) -> String {
        let mut names = Vec::new();
        // The outermost two are <policies> and its section, or <fragment>.
        let holders: Vec<_> = self.node.ancestors().skip(1).filter(Node::is_element).collect();
        let outer = if self.source.place.fragment.is_some() { 1 } else { 2 };
        for holder in &holders[..holders.len().saturating_sub(outer)] {
            names.push(format!("{}[{}]", holder.tag_name().name(), self.source.ordinal(*holder)));
        }
        names.extend((!self.source.place.path.is_empty()).then(|| self.source.place.path.clone()));
        names.reverse();
        names.join("/")
    }

    /// Returns the literal value of an attribute. Returns `None` if the attribute is absent or not a literal; the
    /// latter is reported.
    pub(crate) fn attribute(&self, name: &str, problems: &mut Problems) -> Option<&'d str> {
        let attribute = self.find(name)?;
        let value = attribute.value();
        self.literal(value, &attribute.range(), &format!("the attribute \"{name}\" of <{}>", self.name()), problems)
            .then_some(value)
    }

    /// Reports whether the attribute exists.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Returns the value like [`Self::attribute`]. An absent attribute is a problem.
    pub(crate) fn required(&self, name: &str, problems: &mut Problems) -> Option<&'d str> {
        if !self.has(name) {
            self.problem(problems, format!("<{}> needs the attribute \"{name}\"", self.name()));
        }
        self.attribute(name, problems)
    }

    /// Reads an attribute's literal value as `T`. `expected` describes the right values.
    pub(crate) fn parsed<T: Readable>(&self, name: &str, expected: impl Display, problems: &mut Problems) -> Option<T> {
        let parsed = T::read(self.attribute(name, problems)?);
        if parsed.is_none() {
            self.bad_value(name, expected, problems);
        }
        parsed
    }

    /// Reports an attribute with a wrong value. The message does not show the value, which may come from a secret named
    /// value.
    pub(crate) fn bad_value(&self, name: &str, expected: impl Display, problems: &mut Problems) {
        let offset = self.find(name).map_or(self.offset(), |attribute| self.source.origin(attribute.range().start));
        problems.push(offset, format!("the attribute \"{name}\" of <{}> must be {expected}", self.name()));
    }

    /// Reads an attribute that is `true` or `false` and takes no expression.
    pub(crate) fn flag(&self, name: &str, problems: &mut Problems) -> Option<bool> {
        self.parsed(name, bool::EXPECTED, problems)
    }

    /// Reports those of these attributes that are present but empty.
    pub(crate) fn not_empty(&self, names: &[&str], problems: &mut Problems) {
        for name in names {
            if self.find(name).is_some_and(|attribute| attribute.value().trim().is_empty()) {
                self.bad_value(name, "no empty text", problems);
            }
        }
    }

    /// Reports an attribute that names something unknown to the service.
    pub(crate) fn undefined(&self, name: &str, expected: &str, problems: &mut Problems) {
        if self.service().is_partial {
            self.warn(problems, format!("the attribute \"{name}\" of <{}> names what is not known here", self.name()));
        } else {
            self.bad_value(name, expected, problems);
        }
    }

    /// Reports an attribute whose value API Management accepts and this crate cannot run.
    pub(crate) fn unsupported_value(&self, name: &str, reason: impl Display, problems: &mut Problems) {
        let offset = self.find(name).map_or(self.offset(), |attribute| self.source.origin(attribute.range().start));
        let message = format!("the attribute \"{name}\" of <{}>: {reason}", self.name());
        problems.add(offset, Severity::Unsupported, message);
    }

    /// Reports whether the element has child elements.
    pub(crate) fn has_children(&self) -> bool {
        self.node.children().any(|child| child.is_element())
    }

    /// Returns the child elements, which must have these names and this order.
    pub(crate) fn children(&self, known: &[(&str, Count)], problems: &mut Problems) -> Vec<Element<'d>> {
        let mut reached = 0;
        let mut children: Vec<Element<'d>> = Vec::new();
        for child in self.child_elements(problems) {
            let Some(place) = known.iter().position(|(name, _)| *name == child.name()) else {
                child.problem(problems, format!("<{}> is not declared in <{}>", child.name(), self.name()));
                continue;
            };
            if place < reached {
                let (after, _) = known[reached];
                child.problem(problems, format!("<{}> must stand before <{after}>", child.name()));
            }
            if known[place].1 == Count::AtMostOne && children.iter().any(|one| one.name() == child.name()) {
                child.problem(problems, format!("<{}> appears twice in <{}>", child.name(), self.name()));
            }
            reached = reached.max(place);
            children.push(child);
        }
        children
    }

    /// Returns the child elements of any name. Text between them is a problem.
    pub(crate) fn child_elements(&self, problems: &mut Problems) -> Vec<Element<'d>> {
        let mut elements = Vec::new();
        for child in self.node.children() {
            match child.node_type() {
                NodeType::Element => elements.extend(self.checked(child, problems)),
                NodeType::Text if child.text().unwrap_or_default().trim().is_empty() => {}
                NodeType::Text => self.misplaced(child, "text", problems),
                NodeType::PI => self.misplaced(child, "a processing instruction", problems),
                NodeType::Comment | NodeType::Root => {}
            }
        }
        elements
    }

    /// Returns the literal text of an element without children, and without the white space around it. Returns `None`
    /// if the text is not a literal, which is then reported.
    pub(crate) fn text(&self, problems: &mut Problems) -> Option<String> {
        let (text, range) = self.read_text(problems)?;
        let text = text.trim().to_owned();
        self.literal(&text, &range, &format!("the text of <{}>", self.name()), problems).then_some(text)
    }

    /// Returns the text of an element as written, and its position. Reports any other content.
    pub(crate) fn read_text(&self, problems: &mut Problems) -> Option<(String, Range<usize>)> {
        let mut text = String::new();
        let mut clean = true;
        let mut range: Option<Range<usize>> = None;
        for child in self.node.children() {
            match child.node_type() {
                NodeType::Text => {
                    text.push_str(child.text().unwrap_or_default());
                    range = Some(range.map_or(child.range(), |range| range.start..child.range().end));
                }
                NodeType::Comment | NodeType::Root => {}
                NodeType::Element | NodeType::PI => {
                    clean = false;
                    self.misplaced(child, "an element or a processing instruction", problems);
                }
            }
        }
        let start = self.node.range().start;
        clean.then(|| (text, range.unwrap_or(start..start)))
    }

    /// Returns the content of an element as a template: its text without the brackets of CDATA. If the element holds
    /// elements or comments, the content is the markup as written.
    pub(crate) fn template(&self) -> String {
        let is_markup = |child: Node<'_, '_>| !child.is_text();
        if !self.node.children().any(is_markup) {
            return self.node.children().filter_map(|child| child.text()).collect();
        }
        let whole = &self.source.text()[self.node.range()];
        let start = liquid::tag_end(whole).map_or(whole.len(), |end| end + 1);
        let end = whole.rfind("</").unwrap_or(whole.len());
        let mut markup = String::new();
        let mut rest = whole.get(start..end).unwrap_or_default();
        while let Some((before, cdata)) = rest.split_once("<![CDATA[") {
            let (inside, after) = cdata.split_once("]]>").unwrap_or((cdata, ""));
            markup.push_str(before);
            markup.push_str(inside);
            rest = after;
        }
        markup + rest
    }

    /// Reports whether a value is a literal. Unexpected expressions and unresolved braces are problems.
    fn literal(&self, value: &str, range: &Range<usize>, what: &str, problems: &mut Problems) -> bool {
        let at = self.source.origin(range.start);
        if self.source.expression_in(range).is_some() {
            problems.push(at, format!("{what} does not take a policy expression"));
            return false;
        }
        if self.service().is_partial && named_values::is_reference(value) {
            return false;
        }
        if value.contains("{{") {
            problems.push(at, format!("{what} holds \"{{{{\", which names no named value"));
            return false;
        }
        true
    }

    fn find(&self, name: &str) -> Option<Attribute<'d, 'd>> {
        self.node.attributes().find(|attribute| attribute.namespace().is_none() && attribute.name() == name)
    }

    fn checked(&self, child: Node<'d, 'd>, problems: &mut Problems) -> Option<Element<'d>> {
        let element = Element { node: child, source: self.source };
        if let Some(namespace) = child.tag_name().namespace() {
            element.problem(problems, format!("<{}> is in the namespace \"{namespace}\"", element.name()));
            return None;
        }
        Some(element)
    }

    fn misplaced(&self, node: Node<'d, 'd>, what: &str, problems: &mut Problems) {
        let leading = node.text().filter(|_| node.is_text()).map_or(0, |text| text.len() - text.trim_start().len());
        problems.push(self.source.origin(node.range().start + leading), format!("<{}> holds {what}", self.name()));
    }
}
