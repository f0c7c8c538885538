//! Known values are not enough: a client ID alone gives no access. Also, nothing listens beyond this machine.
//!
//! The allowed actions of each identity are tested in `identities` and `refusals`.

use crate::rig::{Rig, plain_client};

#[tokio::test]
async fn a_client_id_without_the_header_of_the_process_gets_no_token() {
    let rig = Rig::start().await;
    let environment = rig.azure.environment();
    let of = |wanted: &str| environment.iter().find(|(name, _)| name == wanted).unwrap().1.clone();
    let (endpoint, header) = (of("IDENTITY_ENDPOINT"), of("IDENTITY_HEADER"));
    let settings = &rig.azure.world().seed().function_app.settings;
    for id in ["KEYVAULT__clientId", "STORAGE__clientId", "APIM__clientId"] {
        let query = [
            ("api-version", "2019-08-01"),
            ("resource", "https://vault.azure.net"),
            ("client_id", settings[id].as_str()),
        ];
        let url = reqwest::Url::parse_with_params(&endpoint, query).unwrap();
        let ask = |header: Option<&str>| {
            let request = plain_client().get(url.clone());
            header.into_iter().fold(request, |request, header| request.header("x-identity-header", header)).send()
        };
        let almost = header.trim_end_matches(|last: char| last.is_ascii_hexdigit());
        for shown in [None, Some(""), Some(almost), Some(settings[id].as_str())] {
            let answer = ask(shown).await.unwrap();
            assert_eq!(answer.status(), 403, "{id} {shown:?}");
            assert!(!answer.text().await.unwrap().contains("eyJ"));
        }
        assert_eq!(ask(Some(&header)).await.unwrap().status(), 200, "{id} with the header");
    }
}

/// Addresses in the kernel's list are hexadecimal, with the first byte last.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn everything_that_listens_does_so_on_loopback_alone() {
    use std::{collections::BTreeSet, fs};
    let rig = Rig::start().await;
    // Local Azure and the host are in this process.
    let ids = [std::process::id(), rig.handler_id().unwrap()];
    let mut listening = 0;
    for id in ids {
        let sockets = fs::read_dir(format!("/proc/{id}/fd")).unwrap().flatten();
        let sockets = sockets.filter_map(|entry| Some(fs::read_link(entry.path()).ok()?.to_str()?.to_owned()));
        let sockets: BTreeSet<String> = sockets.collect();
        for (list, loopback) in
            [("tcp", "0100007F"), ("tcp6", "00000000000000000000000001000000"), ("udp", "0100007F"), ("udp6", "none")]
        {
            for line in fs::read_to_string(format!("/proc/{id}/net/{list}")).unwrap_or_default().lines().skip(1) {
                let fields: Vec<&str> = line.split_whitespace().collect();
                // 0A is a listening socket, 07 a bound datagram socket.
                let is_open = matches!(fields[3], "0A" | "07");
                if is_open && sockets.contains(&format!("socket:[{}]", fields[9])) {
                    listening += 1;
                    assert!(fields[1].starts_with(loopback), "process {id} listens on {} ({list})", fields[1]);
                }
            }
        }
    }
    assert!(listening >= 4, "edge, identity endpoint, host and handler; {listening} were found");
}
