//! `ip-filter`: allows only some client addresses, or forbids some
//! (learn.microsoft.com/azure/api-management/ip-filter-policy).
//!
//! The caller gets `Forbidden`, as seen on a live gateway. The reasons and messages for `on-error` are those of
//! learn.microsoft.com/azure/api-management/api-management-error-handling-policies.

use std::net::IpAddr;

use super::prelude::*;
use http::StatusCode;

#[derive(Debug)]
pub(crate) struct IpFilter {
    action: Setting<Action>,
    ranges: Vec<Range>,
}

/// The action for the addresses in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Allow,
    Forbid,
}

#[derive(Debug)]
enum Range {
    One(Setting<Address>),
    /// A range that includes both ends.
    FromTo(Address, Address),
}

/// An IPv4 address, even if it was written as IPv6, or an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
struct Address(IpAddr);

words! {
    Action, "allow or forbid";
    "allow" => Allow;
    "forbid" => Forbid;
}

impl Readable for Address {
    const EXPECTED: &'static str = "an IP address";

    fn read(text: &str) -> Option<Self> {
        text.trim().parse::<IpAddr>().ok().map(|address| Self(address.to_canonical()))
    }
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<IpFilter> {
    element.only_attributes(&["id", "action"], problems);
    let action = element.required_setting("action", problems);
    let children = element.children(&[("address", Count::Any), ("address-range", Count::Any)], problems);
    if children.is_empty() {
        element.problem(problems, "<ip-filter> needs at least one <address> or <address-range>");
    }
    let ranges: Vec<_> = children.iter().filter_map(|child| range(child, problems)).collect();
    Some(IpFilter { action: action?, ranges })
}

fn range(element: &Element<'_>, problems: &mut Problems) -> Option<Range> {
    if element.name() == "address" {
        element.only_attributes(&[], problems);
        return element.text_setting(problems).map(Range::One);
    }
    element.only_attributes(&["from", "to"], problems);
    element.children(&[], problems);
    let mut end = |name| {
        let address = Address::read(element.required(name, problems)?);
        if address.is_none() {
            element.bad_value(name, Address::EXPECTED, problems);
        }
        address
    };
    let (from, to) = (end("from"), end("to"));
    let (from, to) = (from?, to?);
    if from.0.is_ipv4() != to.0.is_ipv4() || from > to {
        element.problem(problems, "<address-range> goes from an address to a higher one of the same kind");
    }
    Some(Range::FromTo(from, to))
}

impl IpFilter {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let text = run.context.request.ip_address.clone().unwrap_or_default();
        let Some(caller) = Address::read(&text) else {
            let cause = "Failed to establish IP address for the caller. Access denied.";
            return Err(refusal("FailedToParseCallerIP", cause.to_owned()));
        };
        let action = run.get(&self.action).await?;
        let mut listed = false;
        for range in &self.ranges {
            listed |= match range {
                Range::One(address) => run.get(address).await? == caller,
                Range::FromTo(from, to) => from.0.is_ipv4() == caller.0.is_ipv4() && (*from..=*to).contains(&caller),
            };
        }
        run.trace(|| format!("{text} is {}listed to {action:?}", if listed { "" } else { "not " }).to_lowercase());
        match (action, listed) {
            (Action::Allow, true) | (Action::Forbid, false) => Ok(()),
            (Action::Allow, false) => {
                Err(refusal("CallerIpNotAllowed", format!("Caller IP address {text} is not allowed. Access denied.")))
            }
            (Action::Forbid, true) => {
                Err(refusal("CallerIpBlocked", "Caller IP address is blocked. Access denied.".to_owned()))
            }
        }
    }
}

fn refusal(reason: &'static str, cause: String) -> Failure {
    Failure::new("ip-filter", reason, cause, StatusCode::FORBIDDEN, "Forbidden".to_owned())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use crate::{
        Scope, State,
        rig::{World, document, facts, problems_in},
    };

    /// Returns the verdict on a caller with this address.
    async fn verdict(action: &str, addresses: &str, caller: &str) -> String {
        let world = World::new();
        let policy = format!("<ip-filter action=\"{action}\">{addresses}</ip-filter>");
        let request = Request::builder().uri("/orders").body(Bytes::new()).unwrap();
        let facts = crate::Facts { ip_address: (!caller.is_empty()).then(|| caller.to_owned()), ..facts(&request) };
        let document = document(&policy, "<base />", "", "");
        let outcome = world.run_at(Scope::Api, &document, facts, &State::default()).await;
        match outcome.last_error {
            None => "pass".to_owned(),
            Some(error) => {
                assert_eq!(outcome.response.status(), 403);
                assert_eq!(outcome.response.body(), "{ \"statusCode\": 403, \"message\": \"Forbidden\" }");
                error.to_string()
            }
        }
    }

    #[tokio::test]
    async fn callers_are_let_through_by_their_address() {
        const LIST: &str = "<address>13.66.201.169</address><address>@(\"2001:db8::\" + \"1\")</address>\
                            <address-range from=\"13.66.140.128\" to=\"13.66.140.143\" />";
        let denied = |ip: &str| format!("CallerIpNotAllowed: Caller IP address {ip} is not allowed. Access denied.");
        let blocked = "CallerIpBlocked: Caller IP address is blocked. Access denied.";
        for (caller, allow, forbid) in [
            ("13.66.201.169", "pass".to_owned(), blocked),
            ("::ffff:13.66.201.169", "pass".to_owned(), blocked),
            ("2001:db8:0::1", "pass".to_owned(), blocked),
            ("13.66.140.128", "pass".to_owned(), blocked),
            ("13.66.140.143", "pass".to_owned(), blocked),
            ("13.66.140.144", denied("13.66.140.144"), "pass"),
            ("13.66.140.20", denied("13.66.140.20"), "pass"),
            ("::1", denied("::1"), "pass"),
        ] {
            assert_eq!(verdict("allow", LIST, caller).await, allow, "{caller}");
            assert_eq!(verdict("@(\"for\" + \"bid\")", LIST, caller).await, forbid, "{caller}");
        }
        let unknown = "FailedToParseCallerIP: Failed to establish IP address for the caller. Access denied.";
        for caller in ["", "unknown"] {
            assert_eq!(verdict("forbid", LIST, caller).await, unknown, "{caller}");
            assert_eq!(verdict("allow", LIST, caller).await, unknown, "{caller}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            problems_in(
                "inbound",
                "<ip-filter action=\"deny\"><address>1.2.3</address>\n<address-range from=\"1.1.1.2\" to=\"1.1.1.1\" />\n<address-range from=\"1.1.1.1\" />\n<address-range from=\"x\" to=\"::1\" /></ip-filter>\n<ip-filter />"
            ),
            [
                "2:12: the attribute \"action\" of <ip-filter> must be allow or forbid",
                "2:35: the text of <address> must be an IP address",
                "3:1: <address-range> goes from an address to a higher one of the same kind",
                "4:1: <address-range> needs the attribute \"to\"",
                "5:16: the attribute \"from\" of <address-range> must be an IP address",
                "6:1: <ip-filter> needs at least one <address> or <address-range>",
                "6:1: <ip-filter> needs the attribute \"action\"",
            ]
        );
    }
}
