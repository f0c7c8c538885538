//! The classes that expressions may use: the part of API Management's list that is supported here, and the types of
//! `context` (learn.microsoft.com/azure/api-management/api-management-policy-expressions).

/// The facts about a class besides its members.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) class: Class,
    pub(crate) name: &'static str,
    pub(crate) namespace: &'static str,
    /// A letter per type parameter.
    pub(crate) parameters: &'static str,
    /// Base class and interfaces, except `object`, which every class has.
    pub(crate) parents: &'static [&'static str],
}

macro_rules! classes {
    ($($(#[$about:meta])* $class:ident $namespace:literal $name:literal $parameters:literal [$($parent:literal),*];)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Class {
            $($(#[$about])* $class,)*
            /// A letter that stands for a type in the tables of members.
            Letter(char),
        }

        /// All classes except [`Class::Letter`].
        pub(crate) const CLASSES: &[Description] = &[$(Description {
            class: Class::$class,
            name: $name,
            namespace: $namespace,
            parameters: $parameters,
            parents: &[$($parent),*],
        },)*];
    };
}

classes! {
    Object "System" "Object" "" [];
    Void "System" "Void" "" [];
    Null "" "<null>" "" [];
    Anonymous "" "<anonymous type>" "" [];
    /// A `throw` where a value may stand: it converts to every type.
    Thrown "" "<throw expression>" "" [];
    Function "System" "Func" "" ["object"];
    Action "System" "Action" "" ["object"];
    ValueTuple "System" "ValueTuple" "" ["object"];
    RuntimeType "System" "RuntimeType" "" ["object"];
    Grid "System" "Grid" "E" ["object"];
    Bool "System" "Boolean" "" ["object"];
    Char "System" "Char" "" ["object"];
    SByte "System" "SByte" "" ["object"];
    Byte "System" "Byte" "" ["object"];
    Short "System" "Int16" "" ["object"];
    UShort "System" "UInt16" "" ["object"];
    Int "System" "Int32" "" ["object"];
    UInt "System" "UInt32" "" ["object"];
    Long "System" "Int64" "" ["object"];
    ULong "System" "UInt64" "" ["object"];
    Single "System" "Single" "" ["object"];
    Double "System" "Double" "" ["object"];
    Decimal "System" "Decimal" "" ["object"];
    String "System" "String" "" ["IEnumerable<char>", "object"];
    DateTime "System" "DateTime" "" ["object"];
    DateTimeOffset "System" "DateTimeOffset" "" ["object"];
    TimeSpan "System" "TimeSpan" "" ["object"];
    Guid "System" "Guid" "" ["object"];
    Uri "System" "Uri" "" ["object"];
    UriPartial "System" "UriPartial" "" ["object"];
    Random "System" "Random" "" ["object"];
    Exception "System" "Exception" "" ["object"];
    Nullable "System" "Nullable" "T" ["object"];
    Array "System" "Array" "E" ["IList<E>", "object"];
    Tuple "System" "Tuple" "" ["object"];
    Enumeration "System" "Enum" "" [];
    TimeZone "System" "TimeZone" "" ["object"];
    StringReader "System.IO" "StringReader" "" ["object"];
    StringWriter "System.IO" "StringWriter" "" ["object"];
    IpAddress "System.Net" "IPAddress" "" ["object"];
    AddressFamily "System.Net.Sockets" "AddressFamily" "" ["object"];
    Convert "System" "Convert" "" [];
    Math "System" "Math" "" [];
    BitConverter "System" "BitConverter" "" [];
    /// This class is not on API Management's list: its only value is null.
    FormatProvider "System" "IFormatProvider" "" ["object"];
    StringComparer "System" "StringComparer" "" ["object"];
    TimeZoneInfo "System" "TimeZoneInfo" "" ["object"];
    StringComparison "System" "StringComparison" "" ["object"];
    StringSplitOptions "System" "StringSplitOptions" "" ["object"];
    DateTimeKind "System" "DateTimeKind" "" ["object"];
    DayOfWeek "System" "DayOfWeek" "" ["object"];
    MidpointRounding "System" "MidpointRounding" "" ["object"];
    Enumerable "System.Collections.Generic" "IEnumerable" "E" ["object"];
    Collection "System.Collections.Generic" "ICollection" "E" ["IEnumerable<E>"];
    ReadOnlyCollection "System.Collections.Generic" "IReadOnlyCollection" "E" ["IEnumerable<E>"];
    IList "System.Collections.Generic" "IList" "E" ["ICollection<E>"];
    List "System.Collections.Generic" "List" "E" ["IList<E>", "IReadOnlyCollection<E>"];
    HashSet "System.Collections.Generic" "HashSet" "E" ["ISet<E>", "IReadOnlyCollection<E>"];
    ISet "System.Collections.Generic" "ISet" "E" ["ICollection<E>"];
    Queue "System.Collections.Generic" "Queue" "E" ["IReadOnlyCollection<E>"];
    Stack "System.Collections.Generic" "Stack" "E" ["IReadOnlyCollection<E>"];
    Enumerator "System.Collections.Generic" "IEnumerator" "E" ["object"];
    KeyValuePair "System.Collections.Generic" "KeyValuePair" "KV" ["object"];
    ReadOnlyDictionary "System.Collections.Generic" "IReadOnlyDictionary" "KV"
        ["IEnumerable<KeyValuePair<K, V>>"];
    IDictionary "System.Collections.Generic" "IDictionary" "KV" ["IEnumerable<KeyValuePair<K, V>>"];
    Dictionary "System.Collections.Generic" "Dictionary" "KV" ["IDictionary<K, V>", "IReadOnlyDictionary<K, V>"];
    Grouping "System.Linq" "IGrouping" "KE" ["IEnumerable<E>"];
    Lookup "System.Linq" "ILookup" "KE" ["IEnumerable<IGrouping<K, E>>"];
    OrderedEnumerable "System.Linq" "IOrderedEnumerable" "E" ["IEnumerable<E>"];
    LinqEnumerable "System.Linq" "Enumerable" "" [];
    WebUtility "System.Net" "WebUtility" "" [];
    Encoding "System.Text" "Encoding" "" ["object"];
    StringBuilder "System.Text" "StringBuilder" "" ["object"];
    Regex "System.Text.RegularExpressions" "Regex" "" ["object"];
    RegexOptions "System.Text.RegularExpressions" "RegexOptions" "" ["object"];
    Capture "System.Text.RegularExpressions" "Capture" "" ["object"];
    Group "System.Text.RegularExpressions" "Group" "" ["Capture"];
    Match "System.Text.RegularExpressions" "Match" "" ["Group"];
    GroupCollection "System.Text.RegularExpressions" "GroupCollection" "" ["IEnumerable<Group>"];
    MatchCollection "System.Text.RegularExpressions" "MatchCollection" "" ["IEnumerable<Match>"];
    HashAlgorithm "System.Security.Cryptography" "HashAlgorithm" "" ["object"];
    KeyedHash "System.Security.Cryptography" "KeyedHashAlgorithm" "" ["HashAlgorithm"];
    Hmac "System.Security.Cryptography" "HMAC" "" ["KeyedHashAlgorithm"];
    Md5 "System.Security.Cryptography" "MD5" "" ["HashAlgorithm"];
    HmacMd5 "System.Security.Cryptography" "HMACMD5" "" ["HMAC"];
    Sha1Managed "System.Security.Cryptography" "SHA1Managed" "" ["SHA1"];
    Sha256Managed "System.Security.Cryptography" "SHA256Managed" "" ["SHA256"];
    Sha384Managed "System.Security.Cryptography" "SHA384Managed" "" ["SHA384"];
    Sha512Managed "System.Security.Cryptography" "SHA512Managed" "" ["SHA512"];
    RandomNumbers "System.Security.Cryptography" "RNGCryptoServiceProvider" "" ["object"];
    Asymmetric "System.Security.Cryptography" "AsymmetricAlgorithm" "" ["object"];
    Symmetric "System.Security.Cryptography" "SymmetricAlgorithm" "" ["object"];
    CipherMode "System.Security.Cryptography" "CipherMode" "" ["object"];
    PaddingMode "System.Security.Cryptography" "PaddingMode" "" ["object"];
    Oid "System.Security.Cryptography" "Oid" "" ["object"];
    EncryptionPadding "System.Security.Cryptography" "RSAEncryptionPadding" "" ["object"];
    Sha1 "System.Security.Cryptography" "SHA1" "" ["HashAlgorithm"];
    Sha256 "System.Security.Cryptography" "SHA256" "" ["HashAlgorithm"];
    Sha384 "System.Security.Cryptography" "SHA384" "" ["HashAlgorithm"];
    Sha512 "System.Security.Cryptography" "SHA512" "" ["HashAlgorithm"];
    HmacSha1 "System.Security.Cryptography" "HMACSHA1" "" ["HMAC"];
    HmacSha256 "System.Security.Cryptography" "HMACSHA256" "" ["HMAC"];
    HmacSha384 "System.Security.Cryptography" "HMACSHA384" "" ["HMAC"];
    HmacSha512 "System.Security.Cryptography" "HMACSHA512" "" ["HMAC"];
    HashName "System.Security.Cryptography" "HashAlgorithmName" "" ["object"];
    Rsa "System.Security.Cryptography" "RSA" "" ["AsymmetricAlgorithm"];
    SignaturePadding "System.Security.Cryptography" "RSASignaturePadding" "" ["object"];
    BaseCertificate "System.Security.Cryptography.X509Certificates" "X509Certificate" "" ["object"];
    PublicKey "System.Security.Cryptography.X509Certificates" "PublicKey" "" ["object"];
    RsaExtensions "System.Security.Cryptography.X509Certificates" "RSACertificateExtensions" "" [];
    DistinguishedName "System.Security.Cryptography.X509Certificates" "X500DistinguishedName" "" ["object"];
    ContentType "System.Security.Cryptography.X509Certificates" "X509ContentType" "" ["object"];
    NameType "System.Security.Cryptography.X509Certificates" "X509NameType" "" ["object"];
    Certificate "System.Security.Cryptography.X509Certificates" "X509Certificate2" "" ["X509Certificate"];
    JsonConvert "Newtonsoft.Json" "JsonConvert" "" [];
    Formatting "Newtonsoft.Json" "Formatting" "" ["object"];
    /// The struct that `Children()` returns. Neither it nor its interface is on API Management's list.
    JEnumerable "Newtonsoft.Json.Linq" "JEnumerable" "E" ["IJEnumerable<E>"];
    IJEnumerable "Newtonsoft.Json.Linq" "IJEnumerable" "E" ["IEnumerable<E>"];
    JToken "Newtonsoft.Json.Linq" "JToken" "" ["IEnumerable<JToken>"];
    JContainer "Newtonsoft.Json.Linq" "JContainer" "" ["JToken"];
    JObject "Newtonsoft.Json.Linq" "JObject" "" ["JContainer"];
    JArray "Newtonsoft.Json.Linq" "JArray" "" ["JContainer"];
    JConstructor "Newtonsoft.Json.Linq" "JConstructor" "" ["JContainer"];
    JValue "Newtonsoft.Json.Linq" "JValue" "" ["JToken"];
    JRaw "Newtonsoft.Json.Linq" "JRaw" "" ["JValue"];
    JProperty "Newtonsoft.Json.Linq" "JProperty" "" ["JContainer"];
    JTokenType "Newtonsoft.Json.Linq" "JTokenType" "" ["object"];
    JsonExtensions "Newtonsoft.Json.Linq" "Extensions" "" [];
    XmlExtensions "System.Xml.Linq" "Extensions" "" [];
    XmlNodeType "System.Xml" "XmlNodeType" "" ["object"];
    NodeOrder "System.Xml.Linq" "XNodeDocumentOrderComparer" "" ["object"];
    NodeEquality "System.Xml.Linq" "XNodeEqualityComparer" "" ["object"];
    XObject "System.Xml.Linq" "XObject" "" ["object"];
    XNode "System.Xml.Linq" "XNode" "" ["XObject"];
    XContainer "System.Xml.Linq" "XContainer" "" ["XNode"];
    XDocument "System.Xml.Linq" "XDocument" "" ["XContainer"];
    XElement "System.Xml.Linq" "XElement" "" ["XContainer"];
    XText "System.Xml.Linq" "XText" "" ["XNode"];
    XCData "System.Xml.Linq" "XCData" "" ["XText"];
    XComment "System.Xml.Linq" "XComment" "" ["XNode"];
    XProcessingInstruction "System.Xml.Linq" "XProcessingInstruction" "" ["XNode"];
    XDeclaration "System.Xml.Linq" "XDeclaration" "" ["object"];
    XAttribute "System.Xml.Linq" "XAttribute" "" ["XObject"];
    XName "System.Xml.Linq" "XName" "" ["object"];
    XNamespace "System.Xml.Linq" "XNamespace" "" ["object"];
    Context "" "IExpressionContext" "" ["object"];
    Request "" "IRequest" "" ["object"];
    Response "" "IResponse" "" ["object"];
    Body "" "IMessageBody" "" ["object"];
    Url "" "IUrl" "" ["object"];
    Api "" "IApi" "" ["object"];
    KeyNames "" "ISubscriptionKeyParameterNames" "" ["object"];
    Operation "" "IOperation" "" ["object"];
    Product "" "IProduct" "" ["object"];
    ProductState "" "ProductState" "" ["object"];
    Subscription "" "ISubscription" "" ["object"];
    User "" "IUser" "" ["object"];
    UserIdentity "" "IUserIdentity" "" ["object"];
    UserGroup "" "IGroup" "" ["object"];
    Deployment "" "IDeployment" "" ["object"];
    Gateway "" "IGateway" "" ["object"];
    LastError "" "ILastError" "" ["object"];
    Variables "" "IVariables" "" ["IReadOnlyDictionary<string, object>"];
    TextLists "" "ITextLists" "" ["IReadOnlyDictionary<string, string[]>"];
    Jwt "" "Jwt" "" ["object"];
    Credentials "" "BasicAuthCredentials" "" ["object"];
    Authorization "" "Authorization" "" ["object"];
    SyntaxExtensions "" "ExpressionSyntaxExtensions" "" [];
}

/// The C# keywords for classes.
pub(crate) const KEYWORDS: &[(&str, Class)] = &[
    ("object", Class::Object),
    ("void", Class::Void),
    ("bool", Class::Bool),
    ("char", Class::Char),
    ("sbyte", Class::SByte),
    ("byte", Class::Byte),
    ("short", Class::Short),
    ("ushort", Class::UShort),
    ("int", Class::Int),
    ("uint", Class::UInt),
    ("long", Class::Long),
    ("ulong", Class::ULong),
    ("float", Class::Single),
    ("double", Class::Double),
    ("decimal", Class::Decimal),
    ("string", Class::String),
];

static LETTER: Description =
    Description { class: Class::Letter('?'), name: "<type>", namespace: "", parameters: "", parents: &[] };

impl Class {
    pub(crate) fn description(self) -> &'static Description {
        CLASSES.iter().find(|description| description.class == self).unwrap_or(&LETTER)
    }

    pub(crate) fn is_value(self) -> bool {
        use Class::{
            Bool, Char, DateTime, DateTimeOffset, Guid, HashName, JEnumerable, KeyValuePair, Nullable, TimeSpan,
            ValueTuple,
        };
        self.is_number()
            || !self.enumerators().is_empty()
            || matches!(
                self,
                Bool | Char
                    | DateTime
                    | DateTimeOffset
                    | Guid
                    | HashName
                    | JEnumerable
                    | KeyValuePair
                    | Nullable
                    | TimeSpan
                    | ValueTuple
            )
    }

    pub(crate) fn is_number(self) -> bool {
        self.is_integer() || matches!(self, Self::Single | Self::Double | Self::Decimal)
    }

    pub(crate) fn is_integer(self) -> bool {
        use Class::{Byte, Int, Long, SByte, Short, UInt, ULong, UShort};
        matches!(self, Byte | Int | Long | SByte | Short | UInt | ULong | UShort)
    }

    /// Reports whether the class has static members alone.
    pub(crate) fn is_static(self) -> bool {
        use Class::{
            BitConverter, Convert, Enumeration, JsonConvert, JsonExtensions, LinqEnumerable, Math, RsaExtensions,
            SyntaxExtensions, WebUtility, XmlExtensions,
        };
        matches!(
            self,
            BitConverter
                | Convert
                | Enumeration
                | JsonConvert
                | JsonExtensions
                | LinqEnumerable
                | Math
                | RsaExtensions
                | SyntaxExtensions
                | WebUtility
                | XmlExtensions
        )
    }

    pub(crate) fn is_interface(self) -> bool {
        let mut letters = self.description().name.chars();
        letters.next() == Some('I') && letters.next().is_some_and(char::is_uppercase)
    }

    /// Reports whether no class derives from this one.
    pub(crate) fn is_sealed(self) -> bool {
        use Class::{
            Action, Anonymous, Array, Function, Grid, SignaturePadding, String, StringBuilder, TimeZoneInfo, XName,
            XNamespace,
        };
        matches!(
            self,
            Action
                | Anonymous
                | Array
                | Function
                | Grid
                | SignaturePadding
                | String
                | StringBuilder
                | TimeZoneInfo
                | XName
                | XNamespace
        )
    }

    /// Reports whether `using` can dispose of the class.
    pub(crate) fn is_disposable(self) -> bool {
        use Class::{
            Asymmetric, BaseCertificate, Certificate, Enumerator, HashAlgorithm, Hmac, HmacMd5, HmacSha1, HmacSha256,
            HmacSha384, HmacSha512, KeyedHash, Md5, RandomNumbers, Rsa, Sha1, Sha1Managed, Sha256, Sha256Managed,
            Sha384, Sha384Managed, Sha512, Sha512Managed, StringReader, StringWriter, Symmetric,
        };
        matches!(
            self,
            Asymmetric
                | BaseCertificate
                | Certificate
                | Enumerator
                | HashAlgorithm
                | Hmac
                | HmacMd5
                | HmacSha1
                | HmacSha256
                | HmacSha384
                | HmacSha512
                | KeyedHash
                | Md5
                | RandomNumbers
                | Rsa
                | Sha1
                | Sha1Managed
                | Sha256
                | Sha256Managed
                | Sha384
                | Sha384Managed
                | Sha512
                | Sha512Managed
                | StringReader
                | StringWriter
                | Symmetric
        )
    }

    pub(crate) fn is_json(self) -> bool {
        matches!(
            self,
            Self::JToken
                | Self::JContainer
                | Self::JObject
                | Self::JArray
                | Self::JConstructor
                | Self::JValue
                | Self::JRaw
                | Self::JProperty
        )
    }
}

impl Description {
    pub(crate) fn full_name(&self) -> String {
        if self.namespace.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.namespace, self.name) }
    }

    /// Returns the keyword of the class; without one, its name.
    pub(crate) fn written(&self) -> &'static str {
        let keyword = KEYWORDS.iter().find(|(_, class)| *class == self.class);
        keyword.map_or(self.name, |(word, _)| word)
    }
}
