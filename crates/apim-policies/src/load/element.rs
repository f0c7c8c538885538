//! An XML element for policies to read: every attribute or child that they do not read is a problem.

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

/// An element and the file it stands in.
#[derive(Clone, Copy)]
pub(crate) struct Element<'d> {
    node: Node<'d, 'd>,
    source: &'d Source<'d>,
}

/// How many of one child an element takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    AtMostOne,
    Any,
}

impl<'d> Element<'d> {
    /// The element that holds all others. `None` when it has another name, which is then reported; `what` is what the file
    /// should be.
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

    /// Where the element starts in the file.
    pub(crate) fn offset(&self) -> usize {
        self.source.origin(self.node.range().start)
    }

    /// Its line in the file.
    pub(crate) fn line(&self) -> usize {
        self.source.line_of(self.offset())
    }

    /// Reports a problem at the element's start.
    pub(crate) fn problem(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.push(self.offset(), message);
    }

    /// Reports, at the element's start, what API Management takes and this crate cannot run.
    pub(crate) fn unsupported(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.add(self.offset(), Severity::Unsupported, message);
    }

    /// Warns at the element's start.
    pub(crate) fn warn(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.add(self.offset(), Severity::Warning, message);
    }

    /// Refuses every attribute but these.
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

    /// The scope of the document.
    pub(crate) fn scope(&self) -> Scope {
        self.source.place.scope
    }

    /// Whether the element stands in a fragment that is checked alone: its scope is unknown.
    pub(crate) fn is_apart(&self) -> bool {
        self.source.place.fragment.as_deref() == Some("")
    }

    /// What the service defines besides documents.
    pub(crate) fn service(&self) -> &'d Service {
        self.source.service
    }

    pub(crate) fn source(&self) -> &'d Source<'d> {
        self.source
    }

    /// The fragment that the element stands in.
    pub(crate) fn fragment(&self) -> Option<Arc<str>> {
        self.source.place.fragment.clone()
    }

    /// Where the policies of a fragment run that is included here.
    pub(crate) fn fragment_place(&self, id: &str) -> PolicyPlace {
        PolicyPlace { scope: self.scope(), section: self.section(), path: self.path(), fragment: Some(id.into()) }
    }

    /// The section that the element stands in; `None` in a fragment that is looked at on its own.
    pub(crate) fn section(&self) -> Option<Section> {
        self.source.place.section.or_else(|| {
            let names = self.node.ancestors().map(|one| one.tag_name().name());
            names.filter_map(Section::named).last()
        })
    }

    /// Whether a policy of the same name was read before this one in the file. To be asked once for each.
    pub(crate) fn is_repeated(&self) -> bool {
        !self.source.is_first(0, self.name())
    }

    /// Reports an element of which a section may have one.
    pub(crate) fn once_in_section(&self, problems: &mut Problems) {
        let sections = self.node.ancestors().filter(|node| Section::named(node.tag_name().name()).is_some());
        let section = sections.last().unwrap_or(self.node.document().root_element());
        if !self.source.is_first(section.range().start, self.name()) {
            self.problem(problems, format!("<{}> may stand in a section once", self.name()));
        }
    }

    /// The element as it is written.
    pub(crate) fn written(&self) -> String {
        self.source.text()[self.node.range()].to_owned()
    }

    /// How many elements hold this one.
    pub(crate) fn depth(&self) -> usize {
        self.node.ancestors().count()
    }

    /// The policies that hold the element, as `LastError.Path` has them: `choose[3]/when[2]`, counted from 1 among
    /// neighbours of the same name.
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

    /// The literal value of an attribute. `None` when it is absent, or not a literal, which is then already reported.
    pub(crate) fn attribute(&self, name: &str, problems: &mut Problems) -> Option<&'d str> {
        let attribute = self.find(name)?;
        let value = attribute.value();
        self.literal(value, &attribute.range(), &format!("the attribute \"{name}\" of <{}>", self.name()), problems)
            .then_some(value)
    }

    /// Whether the attribute is written at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// As [`Self::attribute`]; its absence is a problem.
    pub(crate) fn required(&self, name: &str, problems: &mut Problems) -> Option<&'d str> {
        if !self.has(name) {
            self.problem(problems, format!("<{}> needs the attribute \"{name}\"", self.name()));
        }
        self.attribute(name, problems)
    }

    /// An attribute's literal value read as `T`; `expected` says what it should have been.
    pub(crate) fn parsed<T: Readable>(&self, name: &str, expected: impl Display, problems: &mut Problems) -> Option<T> {
        let parsed = T::read(self.attribute(name, problems)?);
        if parsed.is_none() {
            self.bad_value(name, expected, problems);
        }
        parsed
    }

    /// Reports an attribute whose value is not what it should be, without the value, which may come from a secret
    /// named value.
    pub(crate) fn bad_value(&self, name: &str, expected: impl Display, problems: &mut Problems) {
        let offset = self.find(name).map_or(self.offset(), |attribute| self.source.origin(attribute.range().start));
        problems.push(offset, format!("the attribute \"{name}\" of <{}> must be {expected}", self.name()));
    }

    /// An attribute that is `true` or `false` and takes no expression.
    pub(crate) fn flag(&self, name: &str, problems: &mut Problems) -> Option<bool> {
        self.parsed(name, bool::EXPECTED, problems)
    }

    /// Reports those of these attributes that are written and say nothing.
    pub(crate) fn not_empty(&self, names: &[&str], problems: &mut Problems) {
        for name in names {
            if self.find(name).is_some_and(|attribute| attribute.value().trim().is_empty()) {
                self.bad_value(name, "no empty text", problems);
            }
        }
    }

    /// Reports an attribute that names what the service does not have.
    pub(crate) fn undefined(&self, name: &str, expected: &str, problems: &mut Problems) {
        if self.service().is_partial {
            self.warn(problems, format!("the attribute \"{name}\" of <{}> names what is not known here", self.name()));
        } else {
            self.bad_value(name, expected, problems);
        }
    }

    /// Reports an attribute whose value API Management takes and this crate cannot run.
    pub(crate) fn unsupported_value(&self, name: &str, reason: impl Display, problems: &mut Problems) {
        let offset = self.find(name).map_or(self.offset(), |attribute| self.source.origin(attribute.range().start));
        let message = format!("the attribute \"{name}\" of <{}>: {reason}", self.name());
        problems.add(offset, Severity::Unsupported, message);
    }

    /// Whether the element holds any other.
    pub(crate) fn has_children(&self) -> bool {
        self.node.children().any(|child| child.is_element())
    }

    /// The child elements, which must be of these names and in this order.
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

    /// The child elements, whatever they are called; text between them is a problem.
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

    /// The literal text of an element that holds nothing else, without the white space around it.
    /// `None` when it is not a literal, which is then already reported.
    pub(crate) fn text(&self, problems: &mut Problems) -> Option<String> {
        let (text, range) = self.read_text(problems)?;
        let text = text.trim().to_owned();
        self.literal(&text, &range, &format!("the text of <{}>", self.name()), problems).then_some(text)
    }

    /// The text of an element as written, and where it stands; reports anything else in it.
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

    /// The content of an element as a template: its text, or the markup as it is written where it holds elements or
    /// comments, without the brackets of CDATA.
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

    /// Whether a value is a plain one; reports an expression where none is taken, and unresolved braces.
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
