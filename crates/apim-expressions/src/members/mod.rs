//! The members of every class: a table row for each, with its C# signature and the function that computes it.

mod access;
pub(crate) mod anonymous;
mod body;
mod builder;
mod certificate;
mod collection;
mod context;
mod dictionary;
mod encoding;
mod enums;
mod grid;
mod hash;
mod interfaces;
mod ip;
mod json;
mod jwt;
mod linq;
mod member;
mod number;
pub(crate) mod object;
mod provider;
mod queue;
mod random;
mod reader;
mod regex;
mod sequence;
pub(crate) mod signature;
mod string;
mod symmetric;
pub(crate) mod time;
mod tuple;
pub(crate) mod unplayed;
mod uri;
pub(crate) mod xml;
mod zone;

pub(crate) use self::member::{Member, row};
use super::types::{Class, Type};

/// Returns the rows of a class, without those it inherits.
pub(crate) fn of(class: Class) -> impl Iterator<Item = &'static Member> {
    tables(class).iter().copied().flatten()
}

/// Returns the rows of [`of`], and the rows that only some type arguments have.
pub(crate) fn of_type(owner: &Type) -> impl Iterator<Item = &'static Member> {
    let sequence = owner.is(Class::Enumerable) && xml::has_sequence_members(&owner.argument(0));
    let removable = owner.is(Class::Enumerable) && xml::can_be_removed(&owner.argument(0));
    let tokens = owner.is(Class::Enumerable) && owner.argument(0).class.is_json();
    let objects = tokens && owner.argument(0).is(Class::JObject);
    let own = of(owner.class).chain(if tokens { json::SEQUENCE } else { &[] });
    let own = own.chain(if objects { json::OBJECTS } else { &[] });
    let own = own.chain(if sequence { xml::SEQUENCE } else { &[] });
    own.chain(if removable { xml::change::SEQUENCE } else { &[] })
}

type Table = &'static [Member];

fn tables(class: Class) -> &'static [Table] {
    use Class as C;
    match class {
        C::Object => &[object::OBJECT],
        C::String => &[string::STRING, string::SEARCH, string::POSITIONS, string::SPLIT, jwt::READ, provider::TEXT],
        C::Char => &[string::CHAR, string::OF_TEXTS, string::POINTS, provider::TEXT],
        C::Bool => &[number::BOOL, provider::TEXT],
        C::Single => &[number::SINGLE, number::SINGLE_TESTS, provider::PARSED, object::FORMATTABLE],
        C::Double => &[number::DOUBLE, number::REAL_TESTS, provider::PARSED, object::FORMATTABLE],
        C::Decimal => &[number::DECIMAL, number::ARITHMETIC, provider::PARSED, object::FORMATTABLE],
        class if class.is_integer() => &[number::INTEGER, provider::PARSED, object::FORMATTABLE],
        C::Math => &[number::MATH, number::MORE_MATH, number::EXTREMES, number::SIGNED, number::REALS, number::CLAMPS],
        C::Convert => &[number::CONVERT, number::MORE_CONVERT, number::CONVERT_WITH_PROVIDER],
        C::BitConverter => &[number::BIT_CONVERTER, number::MORE_BIT_CONVERTER],
        C::Guid => &[random::GUID, provider::PARSED, object::FORMATTABLE],
        C::Random => &[random::RANDOM],
        C::DateTime => &[time::DATE_TIME, time::CLOCK, time::CONSTRUCT_DATE, provider::DATE, object::FORMATTABLE],
        C::DateTimeOffset => &[time::OFFSET, time::CLOCK, time::CONSTRUCT_OFFSET, provider::TIME, object::FORMATTABLE],
        C::TimeSpan => &[time::SPAN, provider::TIME, object::FORMATTABLE],
        C::Nullable => &[object::NULLABLE],
        C::Exception => &[object::EXCEPTION],
        C::KeyValuePair => &[object::PAIR],
        C::StringComparer => &[object::STRING_COMPARER],
        C::Array => &[collection::ARRAY, sequence::ARRAY, hash::CIPHER],
        C::IList => &[collection::LIST_INTERFACE, interfaces::LIST],
        C::Collection => &[collection::COLLECTION, interfaces::COLLECTION],
        C::ReadOnlyCollection => &[collection::COLLECTION],
        C::List => &[collection::LIST, sequence::LIST],
        C::HashSet => &[collection::SET, sequence::SET],
        C::ISet => &[collection::SET_INTERFACE, queue::SET_OPERATIONS],
        C::Queue => &[queue::QUEUE],
        C::Stack => &[queue::STACK],
        C::Enumerator => &[queue::ENUMERATOR],
        C::Tuple => &[tuple::TUPLE],
        C::Enumeration => &[enums::ENUM],
        C::TimeZone => &[zone::OLD_ZONE],
        C::StringReader => &[reader::READER],
        C::StringWriter => &[reader::WRITER],
        C::IpAddress => &[ip::ADDRESS],
        C::Enumerable => &[linq::LINQ, linq::GROUPED, linq::FOLD, linq::NEWER, queue::ENUMERABLE],
        C::Grouping => &[linq::GROUPING],
        C::Lookup => &[linq::LOOKUP],
        C::OrderedEnumerable => &[linq::ORDERED],
        C::TimeZoneInfo => &[zone::ZONE],
        C::LinqEnumerable => &[linq::ENUMERABLE],
        C::ReadOnlyDictionary => &[dictionary::READ_ONLY_DICTIONARY],
        C::IDictionary => &[dictionary::READ_ONLY_DICTIONARY, dictionary::WRITABLE],
        C::Dictionary => &[dictionary::DICTIONARY, sequence::DICTIONARY],
        C::Variables => &[dictionary::VARIABLES],
        C::TextLists => &[dictionary::TEXT_LISTS],
        C::WebUtility => &[encoding::WEB_UTILITY],
        C::Encoding => &[encoding::ENCODING, encoding::MORE],
        C::Uri => &[uri::URI],
        C::StringBuilder => &[builder::BUILDER],
        C::Jwt => &[jwt::JWT],
        C::SyntaxExtensions => &[jwt::READ_STATIC],
        C::Credentials => &[jwt::CREDENTIALS],
        class => more_tables(class),
    }
}

fn more_tables(class: Class) -> &'static [Table] {
    use Class as C;
    match class {
        C::Regex => &[regex::REGEX],
        C::Match => &[regex::MATCH],
        C::Group => &[regex::GROUP],
        C::Capture => &[regex::CAPTURE],
        C::GroupCollection => &[regex::GROUPS],
        C::MatchCollection => &[regex::MATCHES],
        C::HashAlgorithm => &[hash::HASH],
        C::KeyedHash => &[hash::KEY],
        C::Md5 | C::Sha1 | C::Sha256 | C::Sha384 | C::Sha512 => &[hash::PLAIN],
        C::Sha1Managed | C::Sha256Managed | C::Sha384Managed | C::Sha512Managed => &[hash::MANAGED],
        C::HmacMd5 | C::HmacSha1 | C::HmacSha256 | C::HmacSha384 | C::HmacSha512 => &[hash::KEYED],
        C::Hmac => &[hash::HMAC],
        C::RandomNumbers => &[random::NUMBERS],
        C::Symmetric => &[symmetric::SYMMETRIC],
        C::BaseCertificate => &[certificate::BASE],
        C::Certificate => &[certificate::CERTIFICATE],
        C::RsaExtensions => &[certificate::EXTENSIONS],
        C::PublicKey => &[certificate::PUBLIC_KEY],
        C::DistinguishedName => &[certificate::DISTINGUISHED_NAME],
        C::Oid => &[certificate::OID],
        C::Asymmetric => &[certificate::ASYMMETRIC],
        C::EncryptionPadding => &[certificate::ENCRYPTION_PADDING],
        C::JsonExtensions => &[json::EXTENSIONS],
        C::XmlExtensions => &[xml::EXTENSIONS],
        C::NodeOrder => &[xml::NODE_ORDER],
        C::NodeEquality => &[xml::NODE_EQUALITY],
        C::XObject => &[xml::OBJECT],
        C::Rsa => &[certificate::RSA],
        C::HashName => &[certificate::HASH_NAME],
        C::SignaturePadding => &[certificate::PADDING],
        C::IJEnumerable => &[json::INDEXER],
        C::JToken => &[json::TOKEN, json::AROUND],
        C::JContainer => &[json::CONTAINER, json::FIRST],
        C::JConstructor => &[json::CONSTRUCTOR],
        C::JRaw => &[json::RAW],
        C::JObject => &[json::OBJECT],
        C::JArray => &[json::ARRAY],
        C::JValue => &[json::VALUE],
        C::JProperty => &[json::PROPERTY],
        C::JsonConvert => &[json::JSON_CONVERT],
        C::Authorization => &[jwt::AUTHORIZATION],
        C::Context => &[context::CONTEXT],
        C::Request => &[context::REQUEST],
        C::Response => &[context::RESPONSE],
        C::Body => &[body::BODY],
        C::Url => &[context::URL],
        C::Api => &[context::API],
        C::KeyNames => &[context::KEY_NAMES],
        C::Operation => &[context::OPERATION],
        C::Product => &[context::PRODUCT],
        C::Subscription => &[context::SUBSCRIPTION],
        C::User => &[context::USER],
        C::UserGroup => &[context::GROUP],
        C::UserIdentity => &[context::IDENTITY],
        C::Deployment => &[context::DEPLOYMENT],
        C::Gateway => &[context::GATEWAY],
        C::LastError => &[context::LAST_ERROR],
        C::XNode => &[xml::NODE, xml::change::NODE],
        C::XText | C::XCData | C::XComment => &[xml::TEXT, xml::change::TEXT],
        C::XProcessingInstruction => &[xml::INSTRUCTION, xml::change::INSTRUCTION],
        C::XDeclaration => &[xml::DECLARATION],
        C::XContainer => &[xml::CONTAINER, xml::change::CONTAINER],
        C::XDocument => &[xml::DOCUMENT],
        C::XElement => &[xml::ELEMENT, xml::change::ELEMENT],
        C::XAttribute => &[xml::ATTRIBUTE, xml::change::ATTRIBUTE],
        C::XName => &[xml::NAME],
        C::XNamespace => &[xml::NAMESPACE],
        C::Grid => &[grid::GRID],
        C::RuntimeType => &[object::RUNTIME_TYPE],
        class if !class.enumerators().is_empty() => &[object::FORMATTABLE],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::class::CLASSES;

    #[test]
    fn every_signature_can_be_read() {
        let mut rows = 0;
        for description in CLASSES {
            let sequence = Type::new(Class::Enumerable, vec![description.class.into()]);
            for member in of(description.class).chain(of_type(&sequence).filter(|one| one.name == "Elements")) {
                rows += 1;
                let read = member.signature();
                assert!(read.is_ok(), "{}.{}: {:?}", description.name, member.name, read.err());
            }
        }
        assert!(rows > 400, "{rows}");
    }

    #[test]
    fn every_parent_can_be_read() {
        for description in CLASSES {
            for parent in description.parents {
                let read = crate::types::names::signature_type(parent);
                assert!(read.is_ok(), "{}: {parent}", description.name);
            }
        }
    }
}
