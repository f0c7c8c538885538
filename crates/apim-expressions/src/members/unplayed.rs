//! Members of the listed types that .NET has and API Management allows, but this crate does not run.

use crate::types::Class;

/// Reports whether a class has a member with this name, or an overload of it, that this crate does not run.
pub(crate) fn is_unplayed(class: Class, name: &str) -> bool {
    names(class).split(' ').any(|known| known == name)
}

/// Returns the names, separated by spaces.
fn names(class: Class) -> &'static str {
    use Class as C;
    match class {
        C::String => {
            "GetTypeCode StartsWith EndsWith Normalize IsNormalized Create Split Trim GetPinnableReference \
             EnumerateRunes ReplaceLineEndings IsInterned Format Compare Concat Join TryCopyTo CopyTo GetHashCode"
        }
        C::Char => {
            "GetTypeCode GetUnicodeCategory IsSurrogatePair IsSymbol IsNumber IsSeparator IsSurrogate IsHighSurrogate \
             IsLowSurrogate GetNumericValue ConvertToUtf32 IsAsciiLetter IsAsciiDigit IsAsciiLetterOrDigit \
             IsAsciiHexDigit IsBetween ToUpper ToLower CompareTo IsAsciiLetterLower IsAsciiLetterUpper \
             IsAsciiHexDigitUpper IsAsciiHexDigitLower"
        }
        C::Bool => "GetTypeCode TryFormat CompareTo",
        class if class.is_number() => {
            "GetTypeCode TryFormat Parse TryParse ToString Clamp Abs Sign PopCount LeadingZeroCount TrailingZeroCount \
             RotateLeft RotateRight IsPow2 Log2 DivRem IsEvenInteger IsOddInteger IsNegative IsPositive CopySign \
             MaxMagnitude MinMagnitude CreateChecked CreateSaturating CreateTruncating FromOACurrency ToOACurrency \
             NegativeZero Pi Tau E Sqrt Pow Exp Log Round Scale new CompareTo Acos AcosPi Acosh Asin AsinPi Asinh \
             Atan Atan2 Atan2Pi AtanPi Atanh BitDecrement BitIncrement Cbrt Ceiling Cos CosPi Cosh DegreesToRadians \
             Exp10 Exp10M1 Exp2 Exp2M1 ExpM1 Floor FusedMultiplyAdd Hypot ILogB Ieee754Remainder IsCanonical \
             IsInteger IsNormal IsRealNumber IsSubnormal Lerp Log10 Log10P1 Log2P1 LogP1 Max MaxMagnitudeNumber \
             MaxNumber Min MinMagnitudeNumber MinNumber RadiansToDegrees ReciprocalEstimate ReciprocalSqrtEstimate \
             RootN ScaleB Sin SinCos SinCosPi SinPi Sinh Tan TanPi Tanh Truncate"
        }
        C::Array => {
            "Resize CreateInstance ConstrainedCopy SetValue GetValue Initialize IsFixedSize IsReadOnly IsSynchronized \
             SyncRoot AsReadOnly Sort Copy CopyTo Reverse Clear FindIndex IndexOf LastIndexOf BinarySearch MaxLength \
             GetEnumerator FindLastIndex Fill GetLongLength"
        }
        C::Convert => {
            "ToBase64CharArray FromBase64CharArray GetTypeCode DBNull ToBase64String ToString ToInt32 ToInt64 \
             ToDouble ToDateTime ChangeType TryFromBase64String ToBoolean ToDecimal"
        }
        C::BitConverter => {
            "ToHalf HalfToInt16Bits TryWriteBytes DoubleToUInt64Bits UInt64BitsToDouble SingleToUInt32Bits \
             UInt32BitsToSingle"
        }
        C::Math => {
            "ILogB ScaleB BitDecrement BitIncrement MaxMagnitude MinMagnitude SinCos Tau ReciprocalEstimate \
             ReciprocalSqrtEstimate BigMul DivRem"
        }
        C::Guid => "TryFormat TryWriteBytes CreateVersion7 ToByteArray Parse TryParse CompareTo",
        C::Random => "Shared GetItems Shuffle NextInt64 NextBytes",
        C::DateTimeOffset => {
            "ParseExact TryParseExact EqualsExact ToFileTime FromFileTime Parse TryParse TryFormat new Microsecond \
             Nanosecond AddMicroseconds TotalOffsetMinutes Deconstruct"
        }
        C::TimeSpan => {
            "ParseExact TryParseExact TryFormat Parse TryParse new Microseconds Nanoseconds TotalMicroseconds \
             TotalNanoseconds FromDays FromHours FromMinutes FromSeconds NanosecondsPerTick TicksPerMicrosecond"
        }
        C::Exception => "Data HResult TargetSite GetObjectData HelpLink",
        C::StringComparer => "GetHashCode Create FromComparison IsWellKnownOrdinalComparer Compare Equals",
        C::TimeZoneInfo => {
            "GetAdjustmentRules GetSystemTimeZones HasSameRules IsAmbiguousTime IsInvalidTime DaylightName \
             ConvertTimeToUtc CreateCustomTimeZone FromSerializedString ToSerializedString GetAmbiguousTimeOffsets \
             ClearCachedData HasIanaId TryConvertIanaIdToWindowsId TryConvertWindowsIdToIanaId \
             TryFindSystemTimeZoneById"
        }
        C::TimeZone => "GetDaylightChanges",
        C::Uri => {
            "MakeRelativeUri IsWellFormedOriginalString IdnHost HostNameType IsHexDigit HexEscape HexUnescape FromHex \
             CheckHostName Compare GetComponents IsHexEncoding TryCreate UriSchemeGopher UriSchemeNews UriSchemeNntp \
             UriSchemeNetTcp UriSchemeNetPipe UriSchemeWs UriSchemeWss UriSchemeFtps UriSchemeSftp UriSchemeSsh \
             UriSchemeTelnet TryEscapeDataString new MakeRelative"
        }
        C::List => {
            "AsReadOnly EnsureCapacity BinarySearch Slice Sort GetEnumerator FindIndex FindLastIndex LastIndexOf \
             CopyTo IndexOf"
        }
        C::HashSet => "Comparer EnsureCapacity CopyTo new OnDeserialization",
        C::Dictionary => "Comparer EnsureCapacity TrimExcess GetEnumerator new OnDeserialization",
        C::Queue | C::Stack => "CopyTo EnsureCapacity TrimExcess",
        C::Enumerable | C::LinqEnumerable => {
            "UnionBy ExceptBy IntersectBy ToLookup GroupBy Join GroupJoin Max Min MaxBy MinBy DistinctBy ElementAt \
             ElementAtOrDefault Take CountBy AggregateBy Index SelectMany OrderBy OrderByDescending Single \
             SingleOrDefault Order OrderDescending"
        }
        C::OrderedEnumerable => "ThenBy ThenByDescending CreateOrderedEnumerable",
        C::Nullable => "Compare Equals GetUnderlyingType new",
        C::Encoding => {
            "GetDecoder GetEncoder GetEncodings IsBrowserDisplay IsMailNewsSave HeaderName BodyName WindowsCodePage \
             RegisterProvider Clone EncoderFallback DecoderFallback IsReadOnly GetBytes GetChars GetEncoding \
             CreateTranscodingStream IsSingleByte UTF7 UTF32 GetMaxCharCount IsAlwaysNormalized IsBrowserSave \
             IsMailNewsDisplay"
        }
        C::StringBuilder => "AppendFormat CopyTo EnsureCapacity MaxCapacity GetChunks Append Insert new Replace",
        C::WebUtility => "UrlEncodeToBytes UrlDecodeToBytes HtmlEncode HtmlDecode",
        C::Regex => "Replace Split new Match Matches IsMatch",
        C::Group | C::Match => "Captures",
        C::HashAlgorithm => {
            "TransformBlock TransformFinalBlock Hash Create TryComputeHash ComputeHash ComputeHashAsync"
        }
        C::Rsa => {
            "SignHash VerifyHash ExportParameters ImportParameters ToXmlString FromXmlString ExportRSAPublicKey \
             ExportRSAPrivateKey ImportFromPem Create SignatureAlgorithm LegalKeySizes KeyExchangeAlgorithm \
             ExportSubjectPublicKeyInfo ExportPkcs8PrivateKey SignData VerifyData"
        }
        C::Symmetric => {
            "CreateEncryptor CreateDecryptor LegalKeySizes LegalBlockSizes FeedbackSize ValidKeySize EncryptCbc \
             DecryptCbc EncryptEcb DecryptEcb"
        }
        C::Certificate | C::BaseCertificate => {
            "Extensions Archived PrivateKey Import Reset GetFormat GetKeyAlgorithm GetKeyAlgorithmParameters \
             GetPublicKey GetPublicKeyString GetRawCertDataString GetSerialNumber GetIssuerName GetName \
             CreateFromCertFile CreateFromPem ExportCertificatePem MatchesHostname Handle new GetCertContentType \
             SubjectKeyIdentifier Export GetCertHash CreateFromSignedFile CreateFromPemFile"
        }
        C::PublicKey => "Key EncodedKeyValue EncodedParameters",
        C::DistinguishedName => "Format Decode RawData EnumerateRelativeDistinguishedNames Oid",
        C::Oid => "FromFriendlyName FromOidValue new",
        C::JToken | C::JContainer | C::JObject | C::JArray | C::JValue | C::JProperty | C::JRaw | C::JConstructor => {
            "CreateReader CreateWriter WriteTo Annotation AddAnnotation Annotations RemoveAnnotations ReadFrom Load \
             AsJEnumerable ReplaceAll RemoveAll ToObject FromObject Parse ToString EqualityComparer CopyTo IsReadOnly \
             Merge CreateComment SelectToken SelectTokens GetEnumerator PropertyChanged CollectionChanged Ancestors \
             GetHashCode CompareTo Equals"
        }
        C::JsonConvert => "SerializeObject DeserializeObject",
        C::XObject
        | C::XNode
        | C::XContainer
        | C::XElement
        | C::XDocument
        | C::XAttribute
        | C::XText
        | C::XComment
        | C::XCData
        | C::XProcessingInstruction => {
            "CreateReader CreateWriter WriteTo AddAnnotation Annotation Annotations RemoveAnnotations Save Changed \
             Changing ToString Load Parse DocumentType Declaration EmptySequence GetDefaultNamespace \
             GetNamespaceOfPrefix GetPrefixOfNamespace ReadFrom Target SetBaseUri"
        }
        C::XDeclaration => "Version Encoding Standalone ToString",
        C::XName | C::XNamespace => "Get GetName Xml Xmlns ToString",
        C::NodeEquality => "GetHashCode",
        C::ISet => "CopyTo IsReadOnly",
        C::IList | C::Collection => "Insert RemoveAt Add Remove Clear Contains CopyTo IsReadOnly",
        C::IDictionary => "CopyTo IsReadOnly Contains",
        C::StringWriter => "GetStringBuilder Encoding",
        C::IpAddress => {
            "HostToNetworkOrder NetworkToHostOrder MapToIPv6 MapToIPv4 ScopeId IsIPv6Multicast IsIPv6LinkLocal \
             IsIPv6SiteLocal IsIPv6Teredo IsIPv6UniqueLocal IsIPv4MappedToIPv6 Address Any Loopback Broadcast None \
             IPv6Any IPv6Loopback IPv6None"
        }
        C::Asymmetric => "Create",
        C::HashName => "TryFromOid FromOid SHA3_256 SHA3_384 SHA3_512",
        C::Hmac => "Create",
        C::KeyedHash => "Create",
        C::HmacSha384 | C::HmacSha512 => "ProduceLegacyHmacValues",
        C::EncryptionPadding => "CreateOaep OaepSHA3_256 OaepSHA3_384 OaepSHA3_512 OaepHashAlgorithm",
        _ => "",
    }
}
