//! The members of sequences of documents, elements and other nodes.

use super::{
    super::{Member, row},
    change::remove_each,
    find::{attributes, elements},
    node, this,
};
use crate::{
    evaluate::{Call, Outcome},
    types::{Class, Type},
    value::CollectionKind,
};

/// Extension methods of sequences of documents and elements (`System.Xml.Linq.Extensions`).
pub(crate) const SEQUENCE: &[Member] = &[
    row("Elements", "extension () -> IEnumerable<XElement>", of_each),
    row("Elements", "extension (XName name) -> IEnumerable<XElement>", of_each),
    row("Descendants", "extension () -> IEnumerable<XElement>", of_each),
    row("Descendants", "extension (XName name) -> IEnumerable<XElement>", of_each),
    row("DescendantsAndSelf", "extension () -> IEnumerable<XElement>", of_each),
    row("DescendantsAndSelf", "extension (XName name) -> IEnumerable<XElement>", of_each),
    row("Ancestors", "extension () -> IEnumerable<XElement>", of_each),
    row("Ancestors", "extension (XName name) -> IEnumerable<XElement>", of_each),
    row("Attributes", "extension () -> IEnumerable<XAttribute>", attributes_of_each),
    row("Attributes", "extension (XName name) -> IEnumerable<XAttribute>", attributes_of_each),
    row("Nodes", "extension () -> IEnumerable<XNode>", |call| {
        let mut all = Vec::new();
        for holder in call.this_items()?.1 {
            call.receiver = holder;
            let receiver = this(call)?;
            call.work(receiver.len() * 8)?;
            all.extend(receiver.children().map(node));
        }
        call.machine.collection(CollectionKind::Sequence, Class::XNode.into(), all)
    }),
];

/// The static forms of the extension methods (`System.Xml.Linq.Extensions.Elements(…)`).
pub(crate) const EXTENSIONS: &[Member] = &[
    row("Elements", "static (IEnumerable<XContainer> source, XName name) -> IEnumerable<XElement>", |call| {
        as_extension(call, of_each)
    }),
    row("Descendants", "static (IEnumerable<XContainer> source, XName name) -> IEnumerable<XElement>", |call| {
        as_extension(call, of_each)
    }),
    row("Attributes", "static (IEnumerable<XElement> source, XName name) -> IEnumerable<XAttribute>", |call| {
        as_extension(call, attributes_of_each)
    }),
    row("Remove", "static (IEnumerable<XNode> source) -> void", |call| as_extension(call, remove_each)),
];

/// Uses the first argument as the receiver.
fn as_extension(call: &mut Call<'_, '_>, run: fn(&mut Call<'_, '_>) -> Outcome) -> Outcome {
    call.receiver = call.arguments.remove(0);
    run(call)
}

fn attributes_of_each(call: &mut Call<'_, '_>) -> Outcome {
    let mut all = Vec::new();
    for holder in call.this_items()?.1 {
        call.receiver = holder;
        all.extend(attributes(call)?);
    }
    call.machine.collection(CollectionKind::Sequence, Class::XAttribute.into(), all)
}

fn of_each(call: &mut Call<'_, '_>) -> Outcome {
    let mut all = Vec::new();
    for holder in call.this_items()?.1 {
        call.receiver = holder;
        let size = this(call)?.len();
        call.work(size * 32)?;
        all.extend(elements(call)?);
    }
    call.machine.collection(CollectionKind::Sequence, Class::XElement.into(), all)
}

/// Reports whether sequences of this element have the members of [`SEQUENCE`].
pub(crate) fn has_sequence_members(element: &Type) -> bool {
    matches!(element.class, Class::XElement | Class::XDocument | Class::XContainer)
}

/// Reports whether a sequence of this element has `Remove`.
pub(crate) fn can_be_removed(element: &Type) -> bool {
    matches!(
        element.class,
        Class::XElement
            | Class::XNode
            | Class::XContainer
            | Class::XText
            | Class::XCData
            | Class::XComment
            | Class::XProcessingInstruction
            | Class::XAttribute
    )
}
