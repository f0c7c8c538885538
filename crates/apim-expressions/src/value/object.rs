//! Values that are neither plain values nor JSON nor collections.

use std::sync::{Arc, Mutex};

use super::{
    Collection, Value, address::Address, cipher::Cipher, hasher::Hasher, order::Comparer, reader::Reader, zone::Zone,
};
use crate::{
    certificate::Certificate,
    context::{Response, Url},
    json::Property,
    problem::Exception,
    program::Lambda,
    regex,
    system_uri::SystemUri,
    types::{Class, Type},
    xml::{self, Xml},
};

#[derive(Clone)]
pub(crate) enum Object {
    Enum(Class, i32),
    /// A value of a class whose values have names.
    Constant(Class, &'static str),
    /// `new object()`
    Bare(Arc<()>),
    Exception(Exception),
    /// An anonymous object.
    Record(Arc<(Type, Vec<Value>)>),
    /// `KeyValuePair<K, V>`
    Pair(Arc<(Type, Value, Value)>),
    /// `JProperty`
    Property(Arc<Property>),
    /// An object of `context` with plain members.
    Facts(Class, Arc<[(&'static str, Value)]>),
    Part(ContextPart),
    /// The body of a response in a variable.
    Body(Arc<Mutex<Response>>),
    Url(Arc<Url>),
    Uri(Arc<SystemUri>),
    Builder(Arc<Mutex<String>>),
    /// The state of a seeded generator; `None` takes the numbers from the context.
    Random(Option<Arc<Mutex<u64>>>),
    Encoding(Encoding),
    Comparer(Comparer),
    /// `TimeZoneInfo`
    Zone(Zone),
    /// `IGrouping<K, E>`: its type, its key, its elements.
    Grouping(Arc<(Type, Value, Collection)>),
    Hasher(Arc<Hasher>),
    Certificate(Arc<Certificate>),
    /// The key of a certificate, and whether it is the private one.
    Rsa(Arc<Certificate>, bool),
    PublicKey(Arc<Certificate>),
    DistinguishedName(Arc<str>),
    Oid(Arc<str>),
    Symmetric(Arc<Mutex<Cipher>>),
    /// `RNGCryptoServiceProvider`
    RandomNumbers,
    Reader(Arc<Reader>),
    Writer(Arc<Mutex<String>>),
    Address(Address),
    /// The elements, and the number of elements that it has passed.
    Enumerator(Arc<(Collection, Mutex<usize>)>),
    Regex(Arc<regex::Pattern>),
    Match(Arc<regex::Match>),
    Groups(Arc<regex::Match>),
    Group(regex::Group),
    /// `XDocument` or `XElement`
    Xml(Xml),
    XmlAttribute(xml::Attribute),
    XmlName(xml::Name),
    XmlNamespace(Arc<str>),
    Lambda(Arc<Lambda>),
    /// `Type`
    RuntimeType(Arc<Type>),
    /// An array of two dimensions.
    Grid(Arc<Grid>),
}

/// An array of two dimensions.
pub(crate) struct Grid {
    pub(crate) class: Type,
    /// The elements, row by row.
    pub(crate) elements: Collection,
    /// The length of a row.
    pub(crate) columns: usize,
}

/// A part of the context that is read in its place, not copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContextPart {
    Context,
    Request,
    Response,
    RequestBody,
    ResponseBody,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    Utf16,
    Utf16BigEndian,
}

impl Object {
    pub(crate) fn type_of(&self) -> Type {
        match self {
            Self::Enum(class, _) | Self::Constant(class, _) | Self::Facts(class, _) => (*class).into(),
            Self::Record(record) => record.0.clone(),
            Self::Pair(pair) => pair.0.clone(),
            Self::Bare(_) => Class::Object.into(),
            Self::Exception(_) => Class::Exception.into(),
            Self::Property(_) => Class::JProperty.into(),
            Self::Part(part) => match part {
                ContextPart::Context => Class::Context,
                ContextPart::Request => Class::Request,
                ContextPart::Response => Class::Response,
                ContextPart::RequestBody | ContextPart::ResponseBody => Class::Body,
            }
            .into(),
            Self::Body(_) => Class::Body.into(),
            Self::Url(_) => Class::Url.into(),
            Self::Uri(_) => Class::Uri.into(),
            Self::Builder(_) => Class::StringBuilder.into(),
            Self::Random(_) => Class::Random.into(),
            Self::Encoding(_) => Class::Encoding.into(),
            Self::Comparer(_) => Class::StringComparer.into(),
            Self::Zone(_) => Class::TimeZoneInfo.into(),
            Self::Grouping(group) => group.0.clone(),
            Self::Hasher(hasher) => hasher.class.into(),
            Self::Certificate(_) => Class::Certificate.into(),
            Self::Rsa(..) => Class::Rsa.into(),
            Self::PublicKey(_) => Class::PublicKey.into(),
            Self::DistinguishedName(_) => Class::DistinguishedName.into(),
            Self::Oid(_) => Class::Oid.into(),
            Self::Symmetric(_) => Class::Symmetric.into(),
            Self::RandomNumbers => Class::RandomNumbers.into(),
            Self::Reader(_) => Class::StringReader.into(),
            Self::Writer(_) => Class::StringWriter.into(),
            Self::Address(_) => Class::IpAddress.into(),
            Self::Enumerator(state) => Type::new(Class::Enumerator, vec![state.0.element().clone()]),
            Self::Regex(_) => Class::Regex.into(),
            Self::Match(_) => Class::Match.into(),
            Self::Groups(_) => Class::GroupCollection.into(),
            Self::Group(_) => Class::Group.into(),
            Self::Xml(node) => node.class().into(),
            Self::XmlAttribute(_) => Class::XAttribute.into(),
            Self::XmlName(_) => Class::XName.into(),
            Self::XmlNamespace(_) => Class::XNamespace.into(),
            Self::Lambda(_) => Class::Function.into(),
            Self::RuntimeType(_) => Class::RuntimeType.into(),
            Self::Grid(grid) => grid.class.clone(),
        }
    }
}
