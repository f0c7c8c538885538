//! The elements and attributes that a member asks for, by name.

use super::{node, this};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{CollectionKind, Object, Value},
    xml::{Name, Xml},
};

/// Reports whether a name matches the first argument. Without an argument every name matches; null matches no name.
fn is_wanted(call: &Call<'_, '_>, name: Option<&Name>) -> bool {
    call.count() == 0 || matches!(call.argument(0).as_object(), Some(Object::XmlName(wanted)) if name == Some(wanted))
}

/// Returns the elements that the member asks for, from the node that the member belongs to.
pub(super) fn elements(call: &Call<'_, '_>) -> Result<Vec<Value>, Failure> {
    let receiver = this(call)?;
    let wanted = |found: &Xml| is_wanted(call, found.name().as_ref());
    Ok(match call.name() {
        "Descendants" => receiver.descendants().filter(wanted).map(node).collect(),
        "DescendantsAndSelf" => {
            let own = std::iter::once(receiver.clone()).filter(|one| one.name().is_some());
            own.chain(receiver.descendants()).filter(wanted).map(node).collect()
        }
        "Ancestors" => std::iter::successors(receiver.parent(), Xml::parent).filter(wanted).map(node).collect(),
        "AncestorsAndSelf" => {
            let own = Some(receiver).filter(|one| one.name().is_some());
            std::iter::successors(own, Xml::parent).filter(wanted).map(node).collect()
        }
        "ElementsAfterSelf" => {
            receiver.siblings().1.into_iter().filter(|one| one.name().is_some() && wanted(one)).map(node).collect()
        }
        "ElementsBeforeSelf" => {
            receiver.siblings().0.into_iter().filter(|one| one.name().is_some() && wanted(one)).map(node).collect()
        }
        _ => receiver.elements().filter(wanted).map(node).collect(),
    })
}

pub(super) fn attributes(call: &mut Call<'_, '_>) -> Result<Vec<Value>, Failure> {
    let found: Vec<_> = this(call)?.attributes().collect();
    call.work(found.len() * 32)?;
    let wanted = found.into_iter().filter(|one| is_wanted(call, Some(one.name())));
    Ok(wanted.map(|one| Value::object(Object::XmlAttribute(one))).collect())
}

pub(super) fn sequence(call: &mut Call<'_, '_>) -> Outcome {
    let size = this(call)?.len();
    call.work(size * 32)?;
    let found = elements(call)?;
    call.machine.collection(CollectionKind::Sequence, Class::XElement.into(), found)
}

pub(super) fn sequence_around(call: &mut Call<'_, '_>) -> Outcome {
    siblings(call)?;
    let found = elements(call)?;
    call.machine.collection(CollectionKind::Sequence, Class::XElement.into(), found)
}

/// Returns the nodes before and after the node that the member belongs to.
pub(super) fn siblings(call: &mut Call<'_, '_>) -> Result<(Vec<Xml>, Vec<Xml>), Failure> {
    let receiver = this(call)?;
    call.work(receiver.holder().map_or(0, |holder| holder.children().count()) * 32)?;
    Ok(receiver.siblings())
}
