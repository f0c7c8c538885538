//! Rule: subnets are inside their network and do not overlap, and an endpoint has the DNS zone of its service.

use crate::{
    plan::{Deployed, Plan},
    program::Report,
    value::Value,
};

const RULE: &str = "network";

/// The part of a service behind an endpoint, and its zone:
/// <https://learn.microsoft.com/azure/private-link/private-endpoint-dns>.
const ZONES: [(&str, &str); 4] = [
    ("account", "privatelink.openai.azure.com"),
    ("blob", "privatelink.blob.core.windows.net"),
    ("queue", "privatelink.queue.core.windows.net"),
    ("vault", "privatelink.vaultcore.azure.net"),
];

/// Checks the networks and endpoints of one plan.
pub(crate) fn check(report: &Report<'_>, plan: &Plan<'_>) {
    for network in plan.of_type("Microsoft.Network/virtualNetworks") {
        subnets(report, network);
    }
    for group in plan.of_type("Microsoft.Network/privateEndpoints/privateDnsZoneGroups") {
        zone(report, plan, group);
    }
}

fn subnets(report: &Report<'_>, network: &Deployed) {
    let place = network.body.place_of("properties.subnets").unwrap_or(network.resource.place);
    let space = ranges(network, "properties.addressSpace.addressPrefixes");
    let subnets = ranges(network, "properties.subnets.properties.addressPrefix");
    for (number, (text, subnet)) in subnets.iter().enumerate() {
        let Some((first, last)) = subnet else {
            report.add(RULE, place, format!("{text} is no address range"));
            continue;
        };
        let holds =
            |(_, outer): &(String, Option<(u32, u32)>)| outer.is_some_and(|(from, to)| from <= *first && *last <= to);
        if !space.iter().any(holds) {
            report.add(RULE, place, format!("the subnet {text} lies outside of the address space of its network"));
        }
        let overlaps =
            |(_, other): &&(String, Option<(u32, u32)>)| other.is_some_and(|(from, to)| from <= *last && *first <= to);
        if let Some((other, _)) = subnets[number + 1..].iter().find(overlaps) {
            report.add(RULE, place, format!("the subnets {text} and {other} overlap"));
        }
    }
}

/// Returns each range at a path: as written, and its first and last address.
fn ranges(network: &Deployed, path: &str) -> Vec<(String, Option<(u32, u32)>)> {
    let texts = network.body.all(path).into_iter().map(Value::shown);
    texts.map(|text| (text.clone(), range(&text))).collect()
}

fn range(text: &str) -> Option<(u32, u32)> {
    let (address, bits) = text.split_once('/')?;
    let address = u32::from(address.parse::<std::net::Ipv4Addr>().ok()?);
    let bits: u32 = bits.parse().ok().filter(|bits| (1..=32).contains(bits))?;
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    (address & mask == address).then_some((address, address | !mask))
}

fn zone(report: &Report<'_>, plan: &Plan<'_>, group: &Deployed) {
    let Some(parent) = &group.resource.parent else { return };
    let mut endpoints = plan.of_type("Microsoft.Network/privateEndpoints");
    let Some(endpoint) = endpoints.find(|endpoint| endpoint.resource.id() == parent.id()) else { return };
    let parts = endpoint.body.all("properties.privateLinkServiceConnections.properties.groupIds");
    let zones = group.body.all("properties.privateDnsZoneConfigs.properties.privateDnsZoneId");
    for (part, zone) in parts.into_iter().zip(zones) {
        let (part, zone) = (part.shown(), zone.shown());
        let Some((_, wanted)) = ZONES.iter().find(|(known, _)| *known == part) else {
            let known: Vec<&str> = ZONES.iter().map(|(part, _)| *part).collect();
            report.add(
                RULE,
                endpoint.resource.place,
                format!("{part} is no group of a service; known are {}", known.join(", ")),
            );
            continue;
        };
        if !zone.ends_with(&format!("/{wanted}")) {
            let zone = zone.rsplit('/').next().unwrap_or_default();
            let message = format!("the names of {part} resolve in {wanted}, not in {zone}");
            report.add(RULE, group.resource.place, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_begins_at_its_own_first_address() {
        assert_eq!(range("10.0.1.0/24"), Some((0x0a00_0100, 0x0a00_01ff)));
        assert_eq!(range("10.0.0.0/16"), Some((0x0a00_0000, 0x0a00_ffff)));
        for wrong in ["10.0.1.1/24", "10.0.1.0", "10.0.1.0/33", "10.0.1.0/0", "ten/8"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
