//! Lists in pages: the start and size of a page, and the start of the next one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{error::BlobError, query::Query, xml::element};

/// The most entries in one answer.
const PAGE: usize = 5_000;

/// A client's parameters for a list.
pub(super) struct Paging<'a> {
    pub(super) prefix: &'a str,
    marker: Option<&'a str>,
    /// The name that the page starts with.
    pub(super) from: String,
    max_results: Option<usize>,
    include: &'a str,
}

/// Entries with their names, in order.
pub(super) struct Page<T> {
    pub(super) items: Vec<(String, T)>,
    /// The name that the next page starts with.
    next: Option<String>,
}

impl<'a> Paging<'a> {
    /// Reads the parameters. `known` holds the values of `include` that the list understands.
    pub(super) fn read(query: &'a Query, known: &[&str]) -> Result<Self, BlobError> {
        let out_of_range =
            |value: &str| BlobError::OutOfRangeQueryParameterValue { name: "maxresults", value: value.to_owned() };
        let max_results = query.get("maxresults").map(|value| match value.parse::<i64>() {
            Ok(number) => usize::try_from(number).ok().filter(|number| *number > 0).ok_or_else(|| out_of_range(value)),
            Err(_) => Err(BlobError::query_value("maxresults", value)),
        });
        let from = query.get("marker").map(|marker| {
            let name = URL_SAFE_NO_PAD.decode(marker).ok().and_then(|name| String::from_utf8(name).ok());
            name.ok_or_else(|| BlobError::OutOfRangeInput(marker.to_owned()))
        });
        let include = query.get("include").unwrap_or_default();
        // .NET writes each word with a capital letter. Blanks after the commas are accepted too.
        let is_known = |part: &str| known.iter().any(|word| word.eq_ignore_ascii_case(part));
        if let Some(unknown) = include.split(',').map(str::trim).find(|part| !part.is_empty() && !is_known(part)) {
            return Err(BlobError::query_value("include", unknown));
        }
        let prefix = query.get("prefix").unwrap_or_default();
        Ok(Self {
            prefix,
            marker: query.get("marker"),
            from: from.transpose()?.unwrap_or_else(|| prefix.to_owned()),
            max_results: max_results.transpose()?,
            include,
        })
    }

    pub(super) fn includes(&self, what: &str) -> bool {
        self.include.split(',').any(|part| part.trim().eq_ignore_ascii_case(what))
    }

    /// Reports whether the request limits the number of entries.
    pub(super) const fn is_limited(&self) -> bool {
        self.max_results.is_some()
    }

    /// Writes the parameters into the answer, which repeats them.
    pub(super) fn echo(&self, xml: &mut String) {
        if !self.prefix.is_empty() {
            element(xml, "Prefix", self.prefix);
        }
        if let Some(marker) = self.marker {
            element(xml, "Marker", marker);
        }
        if let Some(max_results) = self.max_results {
            element(xml, "MaxResults", &max_results.to_string());
        }
    }
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next: None }
    }
}

impl<T> Page<T> {
    /// Adds an entry; `false` when the page is full, and the next page starts with this entry.
    pub(super) fn push(&mut self, paging: &Paging<'_>, name: &str, item: T) -> bool {
        self.push_at(paging, name, name, item)
    }

    /// Does the same for an entry that has another marker than its name.
    pub(super) fn push_at(&mut self, paging: &Paging<'_>, name: &str, marker: &str, item: T) -> bool {
        if self.items.len() >= paging.max_results.unwrap_or(PAGE).min(PAGE) {
            self.next = Some(marker.to_owned());
            return false;
        }
        self.items.push((name.to_owned(), item));
        true
    }

    pub(super) fn next_marker(&self, xml: &mut String) {
        element(xml, "NextMarker", &self.next.as_ref().map(|name| URL_SAFE_NO_PAD.encode(name)).unwrap_or_default());
    }
}
