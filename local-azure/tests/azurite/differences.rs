//! The answers of local-azure that differ from Azurite's, the reasons, and the sources that settle them: a page of the
//! documentation, or our reading of the documentation if no page says so.

use std::collections::BTreeSet;

use crate::{
    answer::Facts,
    call::{BlobStep, Condition, Tag},
};

/// The difference between two answers to one call.
pub(crate) struct Difference<'a> {
    pub(crate) call: &'a BlobStep,
    pub(crate) ours: &'a Facts,
    pub(crate) azurites: &'a Facts,
    /// Names of the facts that differ and are not explained.
    pub(crate) names: BTreeSet<String>,
    /// Whether the blob may have uncommitted blocks.
    pub(crate) blocks_wait: bool,
}

/// A difference with its reason.
struct KnownDifference {
    name: &'static str,
    /// The pages that say so, under <https://learn.microsoft.com/rest/api/storageservices/>. If no page does,
    /// `derived:` and the basis of the conclusion. `owner/repository#number` is an issue that tells Azure's answer.
    #[expect(dead_code, reason = "for the reader of this table")]
    settled: &'static str,
    /// Reports whether it explains this fact of this difference.
    explains: fn(&Difference<'_>, &str) -> bool,
    /// Whether the two services are in different states afterwards.
    ends_sequence: bool,
}

const KNOWN: &[KnownDifference] = &[
    KnownDifference {
        name: "the version in the answer is the one asked for; Azurite's is its own latest",
        settled: "versioning-for-the-azure-storage-services, get-blob#response-headers",
        explains: |_, fact| fact == "x-ms-version",
        ends_sequence: false,
    },
    KnownDifference {
        name: "refusals repeat the client's request ID too",
        settled: "derived: version-2019-02-02 says it of all responses without naming refusals; \
                  Azure/azure-sdk-for-net#20187 has one",
        explains: |it, fact| fact == "x-ms-client-request-id" && it.ours.contains_key("x-ms-error-code"),
        ends_sequence: false,
    },
    KnownDifference {
        name: "a list repeats MaxResults only when it was asked for",
        settled: "list-blobs#response-body",
        explains: |it, fact| fact == "xml:EnumerationResults/MaxResults" && !it.call.query.contains("maxresults"),
        ends_sequence: false,
    },
    KnownDifference {
        name: "a call that is wrong in itself is refused for that, before the blob is looked for",
        settled: "derived: blob-service-error-codes and common-rest-api-error-codes have the codes, no page has the \
                  order",
        explains: |it, _| it.call.wrong.is_some_and(|code| code == it.our("x-ms-error-code")),
        ends_sequence: true,
    },
    KnownDifference {
        name: "conditions and leases go before the blob's kind, and for append and page blobs before their existence",
        settled: "derived: no page has the order; put-page#remarks and append-block#remarks give BlobNotFound \
                  without conditions",
        explains: |it, fact| {
            IS_ABOUT_REFUSAL.contains(&fact)
                && [
                    "ConditionNotMet",
                    "MultipleConditionHeadersNotSupported",
                    "LeaseNotPresentWithBlobOperation",
                    "LeaseIdMissing",
                    "LeaseIdMismatchWithBlobOperation",
                ]
                .contains(&it.our("x-ms-error-code"))
                && (it.azurites("x-ms-error-code") != "BlobNotFound"
                    || ["comp=appendblock", "comp=page"].contains(&it.call.query.as_str()))
                && [
                    "BlobNotFound",
                    "InvalidBlobType",
                    "InvalidOperation",
                    "AccessTierNotSupportedForBlobType",
                    "LeaseNotPresentWithBlobOperation",
                    "LeaseIdMissing",
                    "LeaseIdMismatchWithBlobOperation",
                ]
                .contains(&it.azurites("x-ms-error-code"))
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "uncommitted blocks make no blob, except for lists that ask for them and Get Block List",
        settled: "derived: put-block#remarks and get-block-list#remarks tell blocks from the blob, and Get Blob \
                  answers 404 in Azure/Azurite#420",
        explains: |it, fact| {
            it.blocks_wait
                && (it.our("x-ms-error-code") == "BlobNotFound"
                    || it.azurites("x-ms-error-code") == "BlobAlreadyExists"
                    || it.call.query.starts_with("comp=blocklist&") && it.ours.get("etag").is_none() && fact != "xml")
        },
        ends_sequence: true,
    },
    KnownDifference {
        name: "a blob of which there are only blocks is listed with a tier and without a tag",
        settled: "list-blobs#uncommitted-blobs-in-the-response; recorded: azure-sdk-for-cpp, UncommittedBlob of 2022",
        explains: |it, fact| {
            it.call.query.contains("uncommittedblobs")
                && (fact.ends_with("/Etag") && it.our(fact).is_empty()
                    || ["/ServerEncrypted", "/AccessTier", "/AccessTierInferred"].iter().any(|end| fact.ends_with(end)))
        },
        ends_sequence: true,
    },
    KnownDifference {
        name: "every committed blob is listed as encrypted",
        settled: "list-blobs#response-body, and /azure/storage/common/storage-service-encryption for every blob \
                  being encrypted",
        explains: |it, fact| fact.ends_with("/ServerEncrypted") && it.our(fact) == "true",
        ends_sequence: false,
    },
    KnownDifference {
        name: "what only a page blob has cannot be set on another",
        settled: "derived: blob-service-error-codes has InvalidBlobType (409) for such operations",
        explains: |it, fact| {
            IS_ABOUT_REFUSAL.contains(&fact)
                && it.our("x-ms-error-code") == "InvalidBlobType"
                && it.azurites("x-ms-error-code") == "InvalidOperation"
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "the MD5 of the whole blob has its own header only beside a range",
        settled: "get-blob#response-headers",
        explains: |it, fact| fact == "x-ms-blob-content-md5" && it.our("status") == "200",
        ends_sequence: false,
    },
    KnownDifference {
        name: "a blob has an MD5 only if it was written whole or a client gave one, and until its properties are set without",
        settled: "list-blobs#response-body, put-block-list#request-headers, set-blob-properties#remarks",
        explains: |it, fact| fact == "content-md5" && it.call.method == "GET" && it.our(fact).is_empty(),
        ends_sequence: false,
    },
    KnownDifference {
        name: "a list tells of copies only when asked, and of incremental ones only where there are any",
        settled: "list-blobs#response-body",
        explains: |it, fact| {
            let of_copy = ["/CopyStatus", "/CopyProgress", "/CopyStatusDescription"];
            fact.ends_with("/IncrementalCopy")
                || of_copy.iter().any(|end| fact.ends_with(end)) && !it.call.query.contains("copy")
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "a blob that is not there is not found, whatever a read expects of it",
        settled: "derived: what people saw in Azure, Azure/Azurite#2751",
        explains: |it, fact| {
            IS_ABOUT_REFUSAL.contains(&fact)
                && ["GET", "HEAD"].contains(&it.call.method)
                && it.our("x-ms-error-code") == "BlobNotFound"
                && it.azurites("x-ms-error-code") == "ConditionNotMet"
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "If-None-Match: * lets nothing be done to a blob that exists",
        settled: "specifying-conditional-headers-for-blob-service-operations#Subheading1 and #write-operations",
        explains: |it, _| {
            let any = matches!(
                it.call.condition,
                Condition::NoneMatch(Tag::Any) | Condition::NoneMatchAndModified(Tag::Any, _)
            );
            any && it.our("x-ms-error-code") == "ConditionNotMet"
        },
        ends_sequence: true,
    },
    KnownDifference {
        name: "where the container is missing, so is its blob, and the container is named",
        settled: "derived: blob-service-error-codes has both codes, no page has the order; \
                  Azure/azure-sdk-for-net#20187 names the container",
        explains: |it, fact| {
            IS_ABOUT_REFUSAL.contains(&fact)
                && it.our("x-ms-error-code") == "ContainerNotFound"
                && ["BlobNotFound", "ConditionNotMet"].contains(&it.azurites("x-ms-error-code"))
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "a range outside of the blob has an error code; Azurite gives the status in words",
        settled: "common-rest-api-error-codes (InvalidRange), blob-service-error-codes (InvalidPageRange)",
        explains: |it, fact| {
            it.azurites("x-ms-error-code") == "Requested Range Not Satisfiable"
                && ["status", "x-ms-error-code", "content-range"].contains(&fact)
                && ["InvalidRange", "InvalidPageRange", "SequenceNumberConditionNotMet", "ConditionNotMet"]
                    .contains(&it.our("x-ms-error-code"))
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "a copy cannot take the place of a blob of another kind",
        settled: "copy-blob#remarks",
        explains: |it, _| it.call.source.is_some() && it.our("x-ms-error-code") == "InvalidBlobType",
        ends_sequence: true,
    },
    KnownDifference {
        name: "a tier is said to be inferred only where it is",
        settled: "get-blob-properties#response-headers",
        explains: |it, fact| fact == "x-ms-access-tier-inferred" && it.azurites(fact) == "false",
        ends_sequence: false,
    },
    KnownDifference {
        name: "a page blob without pages has an empty list of ranges",
        settled: "derived: get-page-ranges#response-body has no ranges where all pages are cleared; a length of 0 is \
                  not named",
        explains: |it, _| {
            it.call.query == "comp=pagelist" && it.our("status") == "200" && it.our("x-ms-blob-content-length") == "0"
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "the copy of an empty blob has a progress as well",
        settled: "get-blob-properties#response-headers",
        explains: |it, fact| {
            fact.to_ascii_lowercase().replace('-', "").ends_with("copyprogress") && it.our(fact) == "0/0"
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "an empty blob has no range",
        settled: "derived: specifying-the-range-header-for-blob-service-operations leaves out empty blobs; \
                  Azure/Azurite#2410 has 416",
        explains: |it, _| it.our("x-ms-error-code") == "InvalidRange" && it.azurites("status") == "206",
        ends_sequence: false,
    },
    KnownDifference {
        name: "pages beyond the end of the blob cannot be written",
        settled: "derived: put-page leaves it out; blob-service-error-codes has the code, and Azure/Azurite#333 and \
                  #640 the case",
        explains: |it, _| it.call.query == "comp=page" && it.our("x-ms-error-code") == "InvalidPageRange",
        ends_sequence: true,
    },
    KnownDifference {
        name: "every blob can be read in parts",
        settled: "get-blob#response-headers, get-blob-properties#response-headers",
        explains: |it, fact| fact == "accept-ranges" && it.our(fact) == "bytes",
        ends_sequence: false,
    },
    KnownDifference {
        name: "a write that names a lease fails where there is none, also where there is no blob",
        settled: "lease-blob#outcomes-of-use-attempts-on-blobs-by-lease-state, put-blob#remarks, \
                  put-block-list#remarks",
        explains: |it, _| {
            it.our("x-ms-error-code") == "LeaseNotPresentWithBlobOperation"
                && it.call.headers.contains_key("x-ms-lease-id")
        },
        ends_sequence: true,
    },
    KnownDifference {
        name: "the checksum of a block list is its CRC64 unless the request brings its MD5",
        settled: "put-block-list#response-headers",
        explains: |it, fact| {
            it.call.query == "comp=blocklist"
                && it.call.method == "PUT"
                && ["content-md5", "x-ms-content-crc64"].contains(&fact)
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "the answer to Put Blob has both checksums, and that of a copy in the request the one of its content",
        settled: "put-blob#response-headers; recorded: azure-sdk-for-cpp, BlockBlobClientTest of 2022",
        explains: |it, fact| {
            it.call.query.is_empty()
                && it.call.method == "PUT"
                && fact == "x-ms-content-crc64"
                && it.our("status") == "201"
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "a lease that expired or was broken is lost",
        settled: "recorded: azure-storage-python, test_lease_blob_with_duration of 2019",
        explains: |it, fact| IS_ABOUT_REFUSAL.contains(&fact) && it.our("x-ms-error-code") == "LeaseLost",
        ends_sequence: false,
    },
    KnownDifference {
        name: "clearing pages stores nothing, so that the answer speaks of no encryption",
        settled: "recorded: azure-storage-python, test_clear_page of 2019",
        explains: |it, fact| {
            fact == "x-ms-request-server-encrypted" && it.call.query == "comp=page" && it.our(fact).is_empty()
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "a blob of which there are only blocks has no length",
        settled: "recorded: azure-sdk-for-cpp, BlockBlobClientTest.UncommittedBlob of 2022",
        explains: |it, fact| {
            it.call.query.starts_with("comp=blocklist&")
                && fact == "x-ms-blob-content-length"
                && it.our(fact).is_empty()
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "a snapshot is a write: its conditions are those of a write, and it tells of no encryption with an own key",
        settled: "snapshot-blob#request-headers and #response-headers",
        explains: |it, fact| {
            it.call.query == "comp=snapshot"
                && (fact == "x-ms-request-server-encrypted" || it.call.condition != Condition::None)
        },
        ends_sequence: true,
    },
    KnownDifference {
        name: "the order of blocks that wait is by their IDs; Azurite's is that of their arrival",
        settled: "derived: get-block-list#remarks has an order for committed blocks alone",
        explains: |it, fact| it.call.query.starts_with("comp=blocklist&") && fact.contains("/UncommittedBlocks/"),
        ends_sequence: false,
    },
    KnownDifference {
        name: "a snapshot with its own metadata has its own tag",
        settled: "derived: snapshot-blob#remarks has the base blob's tag for a snapshot that is the same as the blob",
        explains: |it, fact| {
            it.call.query == "comp=snapshot" && fact == "etag" && it.call.headers.contains_key("x-ms-meta-m")
        },
        ends_sequence: true,
    },
    KnownDifference {
        name: "a container's metadata comes without its properties",
        settled: "get-container-metadata#remarks",
        explains: |it, fact| {
            it.call.query == "restype=container&comp=metadata"
                && (fact.starts_with("x-ms-has-") || fact.starts_with("x-ms-lease-"))
        },
        ends_sequence: false,
    },
    KnownDifference {
        name: "only a sealed append blob is said to be so",
        settled: "list-blobs#response-body; derived for the header, of which get-blob-properties#response-headers \
                  tells only `true`",
        explains: |it, fact| (fact.ends_with("/Sealed") || fact == "x-ms-blob-sealed") && it.azurites(fact) == "false",
        ends_sequence: false,
    },
];

const IS_ABOUT_REFUSAL: &[&str] = &["status", "x-ms-error-code"];

impl<'a> Difference<'a> {
    pub(crate) fn between(call: &'a BlobStep, ours: &'a Facts, azurites: &'a Facts, blocks_wait: bool) -> Self {
        let all = ours.keys().chain(azurites.keys());
        let names = all.filter(|name| ours.get(*name) != azurites.get(*name)).cloned().collect();
        Self { call, ours, azurites, names, blocks_wait }
    }

    fn our(&self, fact: &str) -> &str {
        self.ours.get(fact).map(String::as_str).unwrap_or_default()
    }

    fn azurites(&self, fact: &str) -> &str {
        self.azurites.get(fact).map(String::as_str).unwrap_or_default()
    }
}

/// Removes the explained facts from the difference, and returns the names of the explanations.
pub(crate) fn explain(difference: &mut Difference<'_>) -> Vec<&'static str> {
    let mut explanations = Vec::new();
    for known in KNOWN {
        let explained: Vec<String> =
            difference.names.iter().filter(|name| (known.explains)(difference, name)).cloned().collect();
        if !explained.is_empty() {
            explanations.push(known.name);
            difference.names.retain(|name| !explained.contains(name));
        }
    }
    explanations
}

pub(crate) fn ends_sequence(name: &str) -> bool {
    KNOWN.iter().any(|known| known.name == name && known.ends_sequence)
}

#[test]
fn a_difference_that_the_table_does_not_know_stays() {
    let facts = |status: &str, code: &str| {
        Facts::from([("status".to_owned(), status.to_owned()), ("x-ms-error-code".to_owned(), code.to_owned())])
    };
    let call = BlobStep::new("GET", Some("a"), "");
    let (ours, azurites) = (facts("404", "BlobNotFound"), facts("403", "AuthorizationFailure"));
    let mut difference = Difference::between(&call, &ours, &azurites, false);
    assert_eq!(explain(&mut difference), Vec::<&str>::new());
    assert_eq!(difference.names, BTreeSet::from(["status".to_owned(), "x-ms-error-code".to_owned()]));
}
