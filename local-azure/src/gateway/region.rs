//! Display names of Azure regions, for `context.Deployment.Region`.

/// Returns the display name of a region; an unknown name stays unchanged.
pub(super) fn display_name(region: &str) -> &str {
    let compact = region.to_ascii_lowercase().replace(' ', "");
    let known = REGIONS.iter().find(|name| name.to_ascii_lowercase().replace(' ', "") == compact);
    known.copied().unwrap_or(region)
}

const REGIONS: [&str; 58] = [
    "Australia Central",
    "Australia Central 2",
    "Australia East",
    "Australia Southeast",
    "Austria East",
    "Belgium Central",
    "Brazil South",
    "Brazil Southeast",
    "Canada Central",
    "Canada East",
    "Central India",
    "Central US",
    "Chile Central",
    "China East 2",
    "China East 3",
    "China North 2",
    "China North 3",
    "East Asia",
    "East US",
    "East US 2",
    "France Central",
    "France South",
    "Germany North",
    "Germany West Central",
    "Indonesia Central",
    "Israel Central",
    "Italy North",
    "Japan East",
    "Japan West",
    "Jio India Central",
    "Jio India West",
    "Korea Central",
    "Korea South",
    "Malaysia West",
    "Mexico Central",
    "New Zealand North",
    "North Central US",
    "North Europe",
    "Norway East",
    "Norway West",
    "Poland Central",
    "Qatar Central",
    "South Africa North",
    "South Africa West",
    "South Central US",
    "South India",
    "Southeast Asia",
    "Spain Central",
    "Sweden Central",
    "Sweden South",
    "Switzerland North",
    "UAE North",
    "UK South",
    "UK West",
    "West Europe",
    "West US",
    "West US 2",
    "West US 3",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_their_display_names() {
        for (written, shown) in [
            ("westeurope", "West Europe"),
            ("eastus2", "East US 2"),
            ("UK South", "UK South"),
            ("a-new-one", "a-new-one"),
        ] {
            assert_eq!(display_name(written), shown);
        }
    }
}
