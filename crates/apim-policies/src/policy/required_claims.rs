//! `<required-claims>` of the policies that check a token, and the lists of texts beside them.
//!
//! All parts may be expressions. The page of `validate-azure-ad-token` says so. That of `validate-jwt` says nothing
//! else, which means the same (learn.microsoft.com/azure/api-management/api-management-policy-expressions).

use super::prelude::*;
use super::token_policy::list;
use crate::token::{Match, RequiredClaim};

/// A required claim as written.
#[derive(Debug)]
pub(super) struct Claim {
    name: Setting<String>,
    matching: Option<Setting<Match>>,
    separator: Option<Setting<String>>,
    values: Vec<Setting<String>>,
}

words! {
    Match, "all or any";
    "all" => All;
    "any" => Any;
}

/// Reads `<required-claims>`.
pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Vec<Claim> {
    list(element, "claim", problems).iter().filter_map(|one| claim(one, problems)).collect()
}

/// Evaluates the claims that this request's token needs.
pub(super) async fn settle<O: Outside>(claims: &[Claim], run: &mut Run<'_, O>) -> Result<Vec<RequiredClaim>, Failure> {
    let mut settled = Vec::with_capacity(claims.len());
    for claim in claims {
        settled.push(RequiredClaim {
            name: run.get(&claim.name).await?,
            matching: run.get_any(claim.matching.as_ref()).await?.unwrap_or(Match::All),
            separator: run.get_any(claim.separator.as_ref()).await?.filter(|text| !text.is_empty()),
            values: run.get_all(&claim.values).await?,
        });
    }
    Ok(settled)
}

/// Reads the texts of a list's entries, such as `<audience>` in `<audiences>`.
pub(super) fn texts(element: &Element<'_>, entry: &str, problems: &mut Problems) -> Vec<Setting<String>> {
    list(element, entry, problems).iter().filter_map(|one| text(one, problems)).collect()
}

fn claim(element: &Element<'_>, problems: &mut Problems) -> Option<Claim> {
    element.only_attributes(&["name", "match", "separator"], problems);
    element.not_empty(&["name"], problems);
    let name = element.required_setting("name", problems);
    let matching = element.setting("match", problems);
    let separator = element.setting("separator", problems);
    if matches!(&separator, Some(Setting::Literal(text)) if String::is_empty(text)) {
        element.bad_value("separator", "at least one character", problems);
    }
    let values = element.children(&[("value", Count::Any)], problems);
    let values = values.iter().filter_map(|value| text(value, problems)).collect();
    Some(Claim { name: name?, matching, separator, values })
}

/// Reads the text of an entry, which has no attributes and is not empty.
fn text(element: &Element<'_>, problems: &mut Problems) -> Option<Setting<String>> {
    element.only_attributes(&[], problems);
    let text: Setting<String> = element.text_setting(problems)?;
    if matches!(&text, Setting::Literal(text) if text.is_empty()) {
        element.problem(problems, format!("<{}> is empty", element.name()));
        return None;
    }
    Some(text)
}
